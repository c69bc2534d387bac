# SPDX-License-Identifier: Apache-2.0
"""An operator drains a host over HTTP and opens it again; a holder rehearses the end of an instance."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from keystoneauth1.adapter import Adapter

from blazar_spot.core.instants import from_iso, iso
from blazar_spot.demo.cast import SPOT_PROJECT, Cast
from blazar_spot.demo.record import Life, Record
from blazar_spot.demo.sights import Guest, Picture
from blazar_spot.demo.story import watch
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.stages import SOON_SECONDS, follow, leave, notices_of, soon_after
from tests.e2e.stories import spot_moves_in

ADMIN = "admin"
TOO_SOON_SECONDS = 4
"""Too soon for any notice."""
REHEARSAL_SECONDS = 15
"""Long enough to be read, however seldom somebody looks."""


@dataclass(frozen=True)
class Drained:
    """What the guest lived through, what its operator was answered, and the host when it was empty and afterwards."""

    life: Life
    hurried: tuple[int, dict[str, Any]]
    ordered: dict[str, Any]
    states: list[str]
    empty: Picture
    deletion_asked_at: int
    opened: int
    newcomer: Guest


@dataclass(frozen=True)
class Rehearsed:
    """What the guest read and read no more, and what is on record of it."""

    life: Life
    answer: dict[str, Any]
    again: tuple[int, dict[str, Any]]
    notices: list[dict[str, Any]]
    after: Guest | None
    deletion_asked_at: int | None


def drained(cast: Cast, cloud: Cloud) -> Drained:
    record, operator, host = Record(), _api(cloud, ADMIN), cast.stage.host
    guest = spot_moves_in(cast, record, "spot")
    pool = f"/v1/pools/{host}"
    soon = operator.post(f"{pool}/drain", json={"by": _after(guest, TOO_SOON_SECONDS)})
    with _open_in_the_end(operator, host):
        ordered = operator.post(f"{pool}/drain", json={"reason": "a new fan"}).json()["closure"]
        states = [ordered["state"]]
        patience = soon_after(from_iso(ordered["by"]))
        empty = follow(
            record, watch(cast.onlooker, lambda seen: not seen.guests, "it is gone", patience, "spot-engine")
        )

        def is_drained() -> bool:
            states.append(_closure(operator, host)["state"])
            return states[-1] == "drained"

        wait_until(is_drained, "the host is drained", at_most=SOON_SECONDS, every=0.5)
        opened = operator.post(f"{pool}/open").status_code
    follow(
        record, watch(cast.onlooker, lambda seen: not seen.is_closed, "the host is open", SOON_SECONDS, "spot-engine")
    )
    seen = Drained(
        life=record.lives[guest.id],
        hurried=(soon.status_code, soon.json()["error"]),
        ordered=ordered,
        states=states,
        empty=empty,
        deletion_asked_at=cast.onlooker.deletion_asked_at(guest.id) or 0,
        opened=opened,
        newcomer=spot_moves_in(cast, record, "newcomer"),
    )
    leave(cast, record)
    return seen


def rehearsed(cast: Cast, cloud: Cloud) -> Rehearsed:
    record, holder = Record(), _api(cloud, SPOT_PROJECT)
    guest = spot_moves_in(cast, record, "spot")
    path, body = f"/v1/instances/{guest.id}/interrupt", {"notice_seconds": REHEARSAL_SECONDS, "reason": "a game day"}
    wait_until(
        lambda: holder.get(f"/v1/instances/{guest.id}").status_code == 200,
        "the engine has seen the instance",
        at_most=SOON_SECONDS,
    )
    answer = holder.post(path, json=body).json()["interruption"]
    again = holder.post(path, json=body)
    life = record.lives[guest.id]
    patience = soon_after(from_iso(answer["not_before"]))
    follow(record, watch(cast.onlooker, lambda _: bool(life.notices), "the guest is told", SOON_SECONDS, "spot-engine"))
    follow(record, watch(cast.onlooker, lambda _: bool(life.withdrawn_at), "it is over", patience, "spot-engine"))
    seen = Rehearsed(
        life=life,
        answer=answer,
        again=(again.status_code, again.json()["error"]),
        notices=notices_of(cloud, guest.id),
        after=cast.onlooker.look().guest("spot"),
        deletion_asked_at=cast.onlooker.deletion_asked_at(guest.id),
    )
    leave(cast, record)
    return seen


@contextmanager
def _open_in_the_end(operator: Adapter, host: str) -> Iterator[None]:
    """Whatever becomes of the story, the next one finds the host open."""
    try:
        yield
    except BaseException:
        operator.post(f"/v1/pools/{host}/open")
        raise


def _api(cloud: Cloud, project: str) -> Adapter:
    session = cloud.connection(project).session
    return Adapter(session, service_type="spot", interface="public", raise_exc=False)


def _closure(operator: Adapter, host: str) -> dict[str, Any]:
    return next(one for one in operator.get("/v1/closures").json()["closures"] if one["host"] == host)


def _after(guest: Guest, seconds: int) -> str:
    """So many seconds after it was launched, as the API writes instants."""
    assert guest.launched_at is not None
    return iso(guest.launched_at + seconds)
