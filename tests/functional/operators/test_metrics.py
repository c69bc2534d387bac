# SPDX-License-Identifier: Apache-2.0
"""What Prometheus reads of an engine on a real cloud, after a reservation has taken its host back."""

from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from blazar_spot.demo.compressed_time import GPUS, NOTICE_SECONDS
from tests.e2e.lanes import Played
from tests.e2e.programme import ON_TIME_SECONDS


@pytest.fixture(scope="module")
def figures(metrics_port: int, played: Played) -> dict[tuple[str, ...], float]:
    """Each sample by its name, without our prefix, and the values of its labels."""
    played["told"].result()
    with urlopen(f"http://127.0.0.1:{metrics_port}/metrics", timeout=30) as answer:
        families = list(text_string_to_metric_families(answer.read().decode()))
    return {
        (one.name.removeprefix("blazar_spot_"), *(value for _, value in sorted(one.labels.items()))): one.value
        for family in families
        for one in family.samples
    }


def test_the_engine_works_and_everybody_answers(figures: dict[tuple[str, ...], float]) -> None:
    assert figures["database_up",] == figures["placement_up",] == 1
    assert figures["engines", "working"] >= 1
    assert figures["engines", "failing"] == 0
    assert figures["tick_seconds_count", "done"] > 0
    assert figures["statements_total",] > figures["tick_seconds_count", "done"]
    assert figures["requests_total", "GET", "200"] > 0
    assert figures["hints_total",] > 0


def test_the_reservation_that_was_served_is_in_the_figures(figures: dict[tuple[str, ...], float]) -> None:
    assert figures["start_delay_seconds", "1.0"] <= ON_TIME_SECONDS
    assert figures["notice_lead_seconds", "0.0"] >= NOTICE_SECONDS
    assert 0 < figures["deletion_seconds", "0.5"] < 60
    assert figures["reclaims", "overdue"] == 0
    broken = {name[1] for name, value in figures.items() if name[0] == "breaches_last_hour" and value}
    assert broken <= {"fence_late"}  # a slow machine's own, and nobody's harm
    assert figures["pools", "open"] == 1
    assert figures["free", "CUSTOM_GPU"] == GPUS
