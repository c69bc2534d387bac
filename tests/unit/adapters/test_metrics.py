# SPDX-License-Identifier: Apache-2.0
"""What Prometheus reads of an engine, by the names that alerts rely on."""

import re
import socket
from pathlib import Path
from urllib.request import urlopen

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from blazar_spot.adapters.metrics import CloudFigures, Counts, serve
from blazar_spot.api.measuring import Measured
from blazar_spot.core.errors import Permanent, Unreachable
from blazar_spot.core.fences import CLOSED
from blazar_spot.core.figures import Figures, Waiting, quantile
from blazar_spot.ports.clock import Clock
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.lab import Lab
from tests.unit.adapters.http_stub import ENDPOINT, Answer, HttpStub

NOON = 1_800_000_000
FULL = Figures(
    at=NOON,
    reclaims={"overdue": 2},
    breaches={"stuck": 1},
    start_delays=[0, 0, 7],
    notice_leads=[900, 960],
    deletions=[3],
    letters={"messaging": Waiting(4, NOON - 30)},
    deliveries={"abandoned": 1},
    deliveries_waiting=Waiting(5, NOON - 9),
    instances=12,
    hosts_with_instances=3,
    held={"CUSTOM_GPU": 9},
    engines={"working": 2, "failing": 0, "silent": 1},
    is_paused=True,
)


class Told:
    """Statistics that are as they are told to be."""

    def __init__(self, figures: Figures | None) -> None:
        self.found = figures

    def figures(self, now: int) -> Figures:
        if self.found is None:
            raise Unreachable("the database is down")
        return self.found


class Engine:
    """One that fails when it is told to."""

    error: Exception | None = None
    refills = 0

    def tick(self) -> bool:
        if self.error:
            raise self.error
        return True

    def refill(self) -> None:
        self.refills += 1


def scraped(registry: CollectorRegistry) -> dict[str, float]:
    """Every sample, by its name and labels."""
    families = text_string_to_metric_families(generate_latest(registry).decode())
    return {
        " ".join([one.name, *(f"{label}={value}" for label, value in sorted(one.labels.items()))]): one.value
        for family in families
        for one in family.samples
    }


def over(figures: Figures | None, lab: Lab) -> dict[str, float]:
    registry = CollectorRegistry()
    clock: Clock = FakeClock(NOON)
    registry.register(CloudFigures(Told(figures), lab.cloud, lab.cloud, clock))
    return scraped(registry)


def test_every_figure_has_its_name() -> None:
    lab = Lab(hosts=2)
    lab.cloud.keep("host01", CLOSED, lab.cloud.pools()["host01"])
    found = over(FULL, lab)
    wanted = {
        "blazar_spot_reclaims state=overdue": 2,
        "blazar_spot_reclaims state=planned": 0,
        "blazar_spot_breaches_last_hour cause=stuck": 1,
        "blazar_spot_breaches_last_hour cause=stranger": 0,
        "blazar_spot_start_delay_seconds quantile=1.0": 7,
        "blazar_spot_start_delay_seconds quantile=0.5": 0,
        "blazar_spot_notice_lead_seconds quantile=0.0": 900,
        "blazar_spot_deletion_seconds quantile=0.95": 3,
        "blazar_spot_letters channel=messaging": 4,
        "blazar_spot_oldest_letter_seconds channel=messaging": 30,
        "blazar_spot_deliveries_last_hour outcome=abandoned": 1,
        "blazar_spot_deliveries_last_hour outcome=delivered": 0,
        "blazar_spot_deliveries_pending": 5,
        "blazar_spot_oldest_delivery_seconds": 9,
        "blazar_spot_instances": 12,
        "blazar_spot_hosts_with_instances": 3,
        "blazar_spot_held resource_class=CUSTOM_GPU": 9,
        "blazar_spot_engines state=silent": 1,
        "blazar_spot_paused": 1,
        "blazar_spot_pools state=closed": 1,
        "blazar_spot_pools state=open": 1,
        "blazar_spot_database_up": 1,
        "blazar_spot_placement_up": 1,
    }
    assert {name: found.get(name) for name in wanted} == wanted


def test_what_new_instances_can_have_is_added_up_over_the_pools_that_are_open() -> None:
    lab = Lab(hosts=3)
    [one] = lab.cloud.free().keys() & {"host01"}
    lab.cloud.keep("host02", CLOSED, lab.cloud.pools()["host02"])
    found = over(Figures(at=NOON), lab)
    each = lab.cloud.free()[one]
    assert each
    told = {name: found[f"blazar_spot_free resource_class={name}"] for name in each}
    assert told == {name: 2 * amount for name, amount in each.items()}


def test_of_an_hour_in_which_nothing_happened_no_times_are_told() -> None:
    found = over(Figures(at=NOON), Lab())
    assert [name for name in found if "quantile" in name] == []
    assert found["blazar_spot_oldest_delivery_seconds"] == 0


def test_a_database_that_is_down_is_told_with_the_rest() -> None:
    found = over(None, Lab())
    assert found["blazar_spot_database_up"] == 0
    assert found["blazar_spot_pools state=open"] == 1
    assert "blazar_spot_instances" not in found


def test_a_placement_that_is_down_is_told_with_the_rest() -> None:
    lab = Lab()
    lab.cloud.fails("pools", Unreachable("down"), times=None)
    found = over(FULL, lab)
    assert found["blazar_spot_placement_up"] == 0
    assert found["blazar_spot_instances"] == 12


def test_ticks_are_timed_by_their_outcome() -> None:
    registry, engine = CollectorRegistry(), Engine()
    timed = Counts(registry).timed(engine)
    assert timed.tick() is True
    engine.error = Unreachable("down")
    with pytest.raises(Unreachable):
        timed.tick()
    timed.refill()
    found = scraped(registry)
    assert engine.refills == 1
    assert found["blazar_spot_tick_seconds_count outcome=done"] == 1
    assert found["blazar_spot_tick_seconds_count outcome=failed"] == 1


def test_requests_statements_and_hints_are_counted(http: HttpStub) -> None:
    registry = CollectorRegistry()
    counts, session = Counts(registry), http.session()
    counts.requests_of(session)
    http.on("GET", "/a", Answer(404), Answer(200))
    for _ in range(3):
        session.get(f"{ENDPOINT}/a", raise_exc=False)
    counts.statement()
    woken: list[int] = []
    counts.hearing(lambda: woken.append(1))()
    found = scraped(registry)
    assert woken == [1]
    assert found["blazar_spot_hints_total"] == 1
    assert found["blazar_spot_requests_total method=GET status=404"] == 1
    assert found["blazar_spot_requests_total method=GET status=200"] == 2
    assert found["blazar_spot_statements_total"] == 1


def test_it_is_served_on_a_port_and_one_that_is_taken_is_said_to_be() -> None:
    registry = CollectorRegistry()
    Counts(registry).statement()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        with pytest.raises(Permanent, match=f"127.0.0.1:{port} cannot be listened at"):
            serve(registry, "127.0.0.1", port)
    serve(registry, "127.0.0.1", port)
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        assert b"blazar_spot_statements_total 1.0" in answer.read()


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 3), (0.95, 4), (1.0, 4)])
def test_quantiles_are_values_that_there_are(share: float, value: int) -> None:
    assert quantile([4, 1, 3, 2], share) == value
    assert quantile([], share) is None


def test_alerts_ask_for_figures_that_there_are() -> None:
    root = Path(__file__).resolve().parents[3]
    rules = yaml.safe_load((root / "etc/blazar-spot/alerts.yaml").read_text())["groups"][0]["rules"]
    registry = CollectorRegistry()
    cloud = Lab().cloud
    registry.register(CloudFigures(Told(FULL), cloud, cloud, FakeClock(NOON)))
    counts = Counts(registry)
    counts.statement()
    told = set(re.findall(r"^(\w+)", generate_latest(registry).decode(), re.MULTILINE))
    api = CollectorRegistry()
    told |= {"blazar_spot_api_requests_total"} if Measured(api, "/metrics") else set()
    asked = {name for rule in rules for name in re.findall(r"blazar_spot_\w+", rule["expr"])}
    assert asked
    assert asked - told == set()
    headings = (root / "doc/source/operating.rst").read_text().splitlines()
    assert {rule["annotations"]["runbook"] for rule in rules} - set(headings) == set()
    assert all(rule["annotations"]["summary"] and rule["labels"]["severity"] for rule in rules)
