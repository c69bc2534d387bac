# SPDX-License-Identifier: Apache-2.0
"""However much is shown, the database is asked as often: each answer is a bounded set of questions, over a real one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from blazar_spot.core.instants import iso
from blazar_spot.core.promises import NoticeState
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.core.reservable import ReservableHost
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from blazar_spot.ports.store import Store
from blazar_spot.testing.clock import FakeClock
from tests.contract.read_store import NOON, claim, instance, keep, notice, reclaim
from tests.unit.api.served import ADMIN, Service, serve

LEASES = 100
HOSTS_EACH = 3
"""A lease of so many hosts, two spot instances on each, of which one was told and one has ended."""


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to any database in this block."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def fill(store: Store, leases: int) -> None:
    with store.begin() as work:
        work.put_reservable_hosts(
            [
                ReservableHost(id=f"gpu-{number}", host=f"gpu-{number}", service_host=f"compute-{number}")
                for number in range(leases * HOSTS_EACH)
            ]
        )
    for number in range(leases * HOSTS_EACH):
        one, host = f"{number:04}", f"gpu-{number}"
        keep(
            store,
            claim(one, lease_id=f"lease-{number // HOSTS_EACH}", host=host),
            reclaim(one, host=host, start_at=NOON + number),
            instance(f"told-{one}", host=host),
            notice(f"notice-{one}", f"told-{one}", host=host),
            deed("notice", NOON, one, host, f"told-{one}"),
            instance(f"gone-{one}", host=host, gone_at=NOON),
            notice(f"over-{one}", f"gone-{one}", host=host, state=NoticeState.TERMINATED),
            deed("notice", NOON, one, host, f"gone-{one}"),
            breach(Cause.STUCK, NOON, one, host, f"gone-{one}"),
        )


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Service]:
    """The API over a database with little and over one with much."""
    found = {}
    for leases in (1, LEASES):
        database = Database(f"sqlite:///{tmp_path_factory.mktemp('reads')}/promises.db")
        migration.sync(database)
        fill(SqlStore(database), leases)
        found[leases] = serve(SqlStore(database), FakeClock(NOON))
    return found


@pytest.mark.parametrize(
    ("path", "collection", "shown", "most"),
    [
        ("/v1/instances", "instances", 300, 2),
        ("/v1/instances?gone=true", "instances", 300, 4),
        ("/v1/leases", "leases", 100, 5),
        ("/v1/reclaims", "reclaims", 300, 4),
        ("/v1/breaches", "breaches", 300, 1),
    ],
)
def test_a_list_costs_as_much_however_long_it_is(
    services: dict[int, Service], path: str, collection: str, shown: int, most: int
) -> None:
    asked = {}
    for leases, service in services.items():
        query = f"{path.partition('?')[2]}&limit=1000"
        who = ADMIN | {"X-Project-Id": "ours"}
        with statements() as sent:
            answer = service.get(path.partition("?")[0], who, query_string=query)
        assert len(answer.json[collection]) == shown * leases // LEASES
        asked[leases] = len(sent)
    assert asked[LEASES] == asked[1] <= most


def test_a_hundred_leases_that_are_named_cost_as_much_as_one(services: dict[int, Service]) -> None:
    asked = []
    for count in (1, 100):
        query = "&".join(f"lease_id=lease-{number}" for number in range(count))
        with statements() as sent:
            answer = services[LEASES].get("/v1/leases", query_string=query)
        assert [one["instances"] for one in answer.json["leases"]] == [2 * HOSTS_EACH] * count
        assert [one["instances_to_go"] for one in answer.json["leases"]] == [HOSTS_EACH] * count
        asked.append(len(sent))
    assert asked == [4, 4]


@pytest.mark.parametrize("start", [{}, {"start": iso(NOON + 120)}])
def test_a_plan_costs_as_much_however_many_hosts_there_are(services: dict[int, Service], start: dict[str, str]) -> None:
    asked = []
    for leases, service in services.items():
        body = {**start, "end": "2027-01-15T20:00:00Z", "min": leases * HOSTS_EACH}
        with statements() as sent:
            plan = service.ask("post", "/v1/plans", ADMIN, json=body).json["plan"]
        assert len(plan["blockers"]) == leases * HOSTS_EACH
        asked.append(len(sent))
    assert asked == [6, 6]


@pytest.mark.parametrize(
    ("path", "template", "most"),
    [
        ("/v1/instances/told-0000", "/v1/instances/{instance_id}", 3),
        ("/v1/instances/gone-0000", "/v1/instances/{instance_id}", 4),
        ("/v1/reclaims/0000", "/v1/reclaims/{reclaim_id}", 11),
    ],
)
def test_one_of_many_costs_as_much_as_the_only_one(
    services: dict[int, Service], path: str, template: str, most: int
) -> None:
    asked = []
    for service in services.values():
        with statements() as sent:
            assert service.get(path, ADMIN, template=template).status_code == 200
        asked.append(len(sent))
    assert asked[0] == asked[1] <= most
