# SPDX-License-Identifier: Apache-2.0
"""Prometheus' own promtool reads the alert rules, and says which of them fire for figures that are made up.

By night only: promtool comes with all of Prometheus.
"""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.nightly

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "etc" / "blazar-spot" / "alerts.yaml"
INSTALL = (sys.executable, ROOT / "tools" / "packages.py", "alerts")

WELL = {
    'reclaims{state="overdue"}': "0x90",
    'breaches_last_hour{cause="stuck"}': "0x90",
    'engines{state="working"}': "2x90",
    'engines{state="failing"}': "0x90",
    "paused": "0x90",
    'tick_seconds_bucket{outcome="done",le="1"}': "0+60x90",
    'tick_seconds_bucket{outcome="done",le="10"}': "0+60x90",
    'tick_seconds_bucket{outcome="done",le="+Inf"}': "0+60x90",
    'notice_lead_seconds{quantile="0.0"}': "900x90",
    'oldest_letter_seconds{channel="messaging"}': "2x90",
    'deliveries_last_hour{outcome="abandoned"}': "0x90",
    "database_up": "1x90",
    "placement_up": "1x90",
    'api_requests_total{method="GET",status="200"}': "0+600x90",
    'api_requests_total{method="GET",status="503"}': "0x90",
}
"""Figures of a cloud that is well, one each minute, in promtool's words: first, step, how many more."""


@dataclass(frozen=True)
class Case:
    """From the sixth minute on a figure is another one; then the alert fires, and no other one does."""

    alert: str
    figures: Mapping[str, str]
    silent_at: int
    fires_at: int
    summary: str
    labels: Mapping[str, str] = field(default_factory=dict)


NOBODY = "No engine works; nothing is fenced, told or evicted"
SLOW = "Ticks take longer than tick_seconds, so every step comes late by as much"
CASES = (
    Case(
        "BlazarSpotHostLate",
        {'reclaims{state="overdue"}': "0x5 2x85"},
        *(6, 7),
        "2 hosts are not free although their reservations have begun",
    ),
    Case(
        "BlazarSpotPromiseBroken",
        {'breaches_last_hour{cause="stuck"}': "0x5 1x85"},
        *(5, 6),
        "1 promises were broken in the last hour (stuck)",
        {"cause": "stuck"},
    ),
    Case("BlazarSpotNoEngine", {'engines{state="working"}': "2x5 0x85"}, 7, 8, NOBODY),
    Case("BlazarSpotNoEngine", {'engines{state="working"}': "2x5 _x85"}, 10, 15, NOBODY, {"state": "working"}),
    Case(
        "BlazarSpotEngineFails",
        {'engines{state="failing"}': "0x5 1x85"},
        *(10, 11),
        "The ticks of 1 engines have failed for five minutes",
    ),
    Case("BlazarSpotPaused", {"paused": "0x5 1x85"}, 65, 66, "Evictions have been paused for an hour"),
    Case("BlazarSpotTicksSlow", {'tick_seconds_bucket{outcome="done",le="1"}': "0+60x5 300x85"}, 15, 30, SLOW),
    Case(
        "BlazarSpotNoticeShort",
        {'notice_lead_seconds{quantile="0.0"}': "900x5 600x85"},
        *(5, 6),
        "A notice was given 600 s before its deadline",
    ),
    Case(
        "BlazarSpotLettersWait",
        {'oldest_letter_seconds{channel="messaging"}': "2x5 300x85"},
        *(7, 8),
        "The channel messaging has not taken its news for 300 s",
        {"channel": "messaging"},
    ),
    Case(
        "BlazarSpotDeliveriesAbandoned",
        {'deliveries_last_hour{outcome="abandoned"}': "0x5 3x85"},
        *(5, 6),
        "3 messages to webhooks were given up in the last hour",
    ),
    Case("BlazarSpotDatabaseDown", {"database_up": "1x5 0x85"}, 6, 7, "The database does not answer"),
    Case(
        "BlazarSpotPlacementDown",
        {"placement_up": "1x5 0x85"},
        *(10, 11),
        "Placement does not answer; no pool can be closed",
    ),
    Case(
        "BlazarSpotApiErrors",
        {'api_requests_total{method="GET",status="503"}': "0x5 0+60x85"},
        *(10, 20),
        "The API answers with errors of its own",
    ),
)


def rules() -> dict[str, Any]:
    """Each rule by the name of its alert."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


@pytest.fixture(scope="module", autouse=True)
def prometheus() -> None:
    """Debian's package, which nobody else needs: none of its services is started."""
    done = subprocess.run(INSTALL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def promtool(*words: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    assert program is not None
    return subprocess.run([program, *map(str, words)], capture_output=True, text=True, check=False, timeout=60)


def as_promtool_wants_it(case: Case) -> dict[str, Any]:
    rule = rules()[case.alert]
    fired = {
        "exp_labels": {**rule["labels"], **case.labels},
        "exp_annotations": {**rule["annotations"], "summary": case.summary},
    }
    series = [{"series": f"blazar_spot_{name}", "values": values} for name, values in {**WELL, **case.figures}.items()]
    return {
        "interval": "1m",
        "input_series": series,
        "alert_rule_test": [
            {"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": [fired] if (alert, minute) == fires else []}
            for fires in [(case.alert, case.fires_at)]
            for minute in (case.silent_at, case.fires_at)
            for alert in rules()
        ],
    }


def test_prometheus_takes_the_rules() -> None:
    done = promtool("check", "rules", RULES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {len(rules())} rules found" in done.stdout


def test_every_alert_has_a_case() -> None:
    assert {case.alert for case in CASES} == rules().keys()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.alert)
def test_an_alert_fires_when_it_has_to_and_no_other_one_does(case: Case, tmp_path: Path) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(yaml.safe_dump({"rule_files": [str(RULES)], "tests": [as_promtool_wants_it(case)]}))
    done = promtool("test", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_rule_that_prometheus_cannot_read_is_seen(tmp_path: Path) -> None:
    (tmp_path / "alerts.yaml").write_text(
        RULES.read_text().replace("max(blazar_spot_paused)", "max(blazar_spot_paused")
    )
    assert promtool("check", "rules", tmp_path / "alerts.yaml").returncode != 0
