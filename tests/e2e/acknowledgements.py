# SPDX-License-Identifier: Apache-2.0
"""Guests have been told, and one's holder lets it go over HTTP; the others are told of nothing new and stay."""

from dataclasses import dataclass
from typing import Any

from keystoneauth1.adapter import Adapter

from blazar_spot.demo.cast import OWNER_PROJECT, SPOT_PROJECT, Cast
from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Lease, Mark, Picture
from blazar_spot.demo.story import watch
from blazar_spot.devcloud.cloud import Cloud
from tests.e2e.stages import SOON_SECONDS, api_of, follow, leave, soon_after
from tests.e2e.stories import book, is_decided, spot_moves_in

READY, KNOWN, SILENT = "ready", "known", "silent"
LOOK_SECONDS = 1.0
"""Between the notice and the last seconds before the others go are but a few in which one may go early."""


@dataclass(frozen=True)
class Acknowledged:
    """By the guest's name: what it read, what was answered to its holder, and when Nova was asked to delete it."""

    record: Record
    lease: Lease
    deadlines: dict[str, int]
    answers: dict[str, dict[str, Any]]
    to_a_stranger: int
    asked_at: dict[str, int]
    in_the_end: dict[str, Any]


def acknowledged(cast: Cast, cloud: Cloud) -> Acknowledged:
    record = Record()
    cast.onlooker.look_every = LOOK_SECONDS
    ids = {name: spot_moves_in(cast, record, name).id for name in (READY, KNOWN, SILENT)}
    lease = book(cast)
    patience = soon_after(lease.start_at)
    told = follow(record, watch(cast.onlooker, _are_told, "the guests are told", patience, "spot-engine"))
    ours, theirs = api_of(cloud, SPOT_PROJECT), api_of(cloud, OWNER_PROJECT)
    events = {name: _event(ours, server_id) for name, server_id in ids.items()}
    to_a_stranger = theirs.post(_ack(events[READY]), json={"ready": True}).status_code
    answers = {
        name: ours.post(_ack(events[name]), json={"ready": name == READY}).json()["event"] for name in (READY, KNOWN)
    }
    is_gone, is_begun = "it is gone", "the lease is ACTIVE or ERROR"
    follow(record, watch(cast.onlooker, lambda seen: seen.guest(READY) is None, is_gone, SOON_SECONDS, "spot-engine"))
    follow(record, watch(cast.onlooker, is_decided, is_begun, patience, "blazar-manager"))
    seen = Acknowledged(
        record=record,
        lease=lease,
        deadlines={guest.name: guest.notice.ends_at for guest in told.guests if guest.notice},
        answers=answers,
        to_a_stranger=to_a_stranger,
        asked_at={name: cast.onlooker.deletion_asked_at(server_id) or 0 for name, server_id in ids.items()},
        in_the_end=ours.get(f"/v1/events/{events[READY]['id']}").json()["event"],
    )
    leave(cast, record)
    return seen


def decided_at(seen: Acknowledged) -> float:
    return seen.record.marks[Mark.DECIDED]


def _event(api: Adapter, instance_id: str) -> dict[str, Any]:
    [event] = api.get("/v1/events", params={"instance_id": instance_id}).json()["events"]
    return dict(event)


def _ack(event: dict[str, Any]) -> str:
    return f"/v1/events/{event['id']}/ack"


def _are_told(seen: Picture) -> bool:
    return len(seen.guests) == 3 and all(guest.notice for guest in seen.guests)
