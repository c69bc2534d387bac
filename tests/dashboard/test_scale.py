# SPDX-License-Identifier: Apache-2.0
"""Pages over a large cloud: 2,000 hosts and 20,000 instances, in a real database behind the real API.

What a page costs is counted here, in questions to the API, queries and rows; ``make bench`` shows its CPU time.
"""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from blazar_dashboard import api
from django.urls import reverse
from sqlalchemy import Engine, event

from blazar_spot.core.record import Cause, breach
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from blazar_spot.testing.lab import Lab
from tests.contract.read_store import claim, instance, keep, notice, reclaim
from tests.dashboard.panels import OperatorsPanel, Panel, following, rows_of
from tests.unit.api.served import NOON

HOSTS, INSTANCES, NOTICES, LEASES, ON_A_PAGE = 2_000, 20_000, 4_000, 100, 50
QUESTIONS_FOR_A_PAGE = 2
QUERIES_FOR_A_PAGE = 12
PROJECT, OPERATORS = reverse("horizon:project:spot:index"), reverse("horizon:admin:spot_pool:index")


@dataclass
class Large:
    """The cloud, its database, and how many queries that was asked so far."""

    lab: Lab
    store: SqlStore
    queries: list[str] = field(default_factory=list)


def fill(store: SqlStore, hosts: list[str]) -> None:
    """Half of the instances are one project's; each lease takes four hosts; as many instances have ended as run."""
    many = range(INSTANCES)
    whose = ["theirs" if number % 2 else "ours" for number in many]
    with store.begin() as work:
        for end, gone_at in (("", None), ("-gone", NOON - 60)):
            work.put_instances(
                [instance(f"i-{n:05}{end}", host=hosts[n % HOSTS], project_id=whose[n], gone_at=gone_at) for n in many]
            )
        work.put_notices([notice(f"n-{n:05}", f"i-{n:05}", project_id=whose[n]) for n in range(NOTICES)])
    taken = [
        (f"{lease:03}-{part}", f"lease-{lease:03}", hosts[4 * lease + part])
        for lease in range(LEASES)
        for part in range(4)
    ]
    keep(store, *(claim(name, lease_id=lease, host=host) for name, lease, host in taken))
    keep(store, *(reclaim(name, host=host) for name, _, host in taken))
    keep(store, *(breach(Cause.STUCK, NOON, name, host, f"i-{name}") for name, _, host in taken))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Large]:
    """It is filled once, and only looked at."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('large')}/spot.db")
    migration.sync(database)
    store, lab = SqlStore(database), Lab(hosts=HOSTS)
    while len(lab.cloud.pools()) < HOSTS:
        lab.second()
    fill(store, sorted(lab.hosts))
    made = Large(lab, store)

    def counted(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        made.queries.append(statement)

    event.listen(Engine, "before_cursor_execute", counted)
    yield made
    event.remove(Engine, "before_cursor_execute", counted)


class Pages(Panel):
    """What a page holds and costs."""

    @pytest.fixture(autouse=True)
    def _large(self, _service: None, large: Large) -> None:
        self.large = large
        self.serve(large.store, large.lab)

    def page(self, url: str, tab: str, **query: list[str]) -> str:
        """A tab's answer, which must not have cost more than a page may."""
        self.network.asked.clear()
        self.large.queries.clear()
        began = time.process_time()
        text = self.text(self.tab(url, tab, **query))
        sys.stdout.write(f"{tab:22}{(time.process_time() - began) * 1000:8.0f} ms{len(self.large.queries):4} queries\n")
        assert len(rows_of(text)) <= ON_A_PAGE
        assert len(self.network.asked) <= QUESTIONS_FOR_A_PAGE
        assert len([one for one in self.large.queries if one.startswith("SELECT")]) <= QUERIES_FOR_A_PAGE
        return text

    def turned(self, url: str, tab: str) -> None:
        """On to the second page, and back to the first."""
        first = self.page(url, tab)
        second = self.page(url, **_address(first, "Next"))
        assert len(rows_of(first) | rows_of(second)) == 2 * ON_A_PAGE
        assert rows_of(self.page(url, **_address(second, "Prev"))) == rows_of(first)


def _address(page: str, link: str) -> dict[str, list[str] | str]:
    query = following(page, link)
    (tab,) = query.pop("tab")
    return {"tab": tab, **query}


class TestProject(Pages):
    def test_a_projects_lists_are_read_a_page_at_a_time(self) -> None:
        for tab in ("instances", "notices", "ended"):
            self.turned(PROJECT, f"spot__{tab}")


class TestOperators(Pages, OperatorsPanel):
    def test_the_lists_of_all_are_read_a_page_at_a_time(self) -> None:
        for tab in ("hosts", "reclaims", "breaches", "instances", "ended"):
            self.turned(OPERATORS, f"spot_pool__{tab}")

    def test_the_column_of_all_leases_is_read_by_one_question(self) -> None:
        self.monkeypatch.setattr(api.client, "lease_list", lambda request: self.leases.list())
        self.large.queries.clear()
        self.assertContains(self.client.get(reverse("horizon:project:leases:index")), "Spot reclaim")
        assert self.network.asked == ["GET /v1/leases?all_projects=true&limit=1000"]
        assert len(self.large.queries) <= QUERIES_FOR_A_PAGE
