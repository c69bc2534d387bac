# SPDX-License-Identifier: Apache-2.0
"""What a real cloud's logs say after a reservation has taken its host back: what was done for each incident, and no
secret."""

import re

import pytest

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.site import PASSWORD
from tests.e2e.lanes import Played
from tests.functional.operators.sights import Told
from tests.unit.devstack.stack import Stack, options

OURS = ("spot-engine", "spot-api", "blazar-manager", "blazar-api")
SECRET = {
    "a token, or the sealed secret of a webhook": r"gAAAA[\w-]{20,}",
    "a password in a URL": rf":{PASSWORD}@",
    "a password": rf"(?i)passw\w*\W{{1,5}}{PASSWORD}\b",
}


@pytest.fixture(scope="module")
def told(played: Played) -> Told:
    seen: Told = played["told"].result()
    return seen


@pytest.fixture(scope="module")
def logs(cloud: Cloud, told: Told) -> dict[str, str]:
    """Everything that each process with code of ours has said."""
    assert told.secret
    return {name: cloud.log_file(name).read_text(errors="replace") for name in OURS}


@pytest.mark.parametrize(
    "words", ["will end at", "is acknowledged", "(delete) was accepted", "is terminated"], ids=lambda words: words
)
def test_all_that_is_said_of_an_incident_names_it(told: Told, logs: dict[str, str], words: str) -> None:
    incident = told.vendordata["spot"]["event"]["id"]
    about = [line for log in logs.values() for line in log.splitlines() if f"[incident: {incident}]" in line]
    assert [line for line in about if words in line]


def test_what_a_request_did_names_the_request_that_its_answer_named(told: Told, logs: dict[str, str]) -> None:
    assert told.request_id.startswith("req-")
    done = [line for line in logs["spot-api"].splitlines() if told.request_id in line]
    assert [line for line in done if "is acknowledged" in line]


def test_no_secret_is_in_any_log_though_all_is_told(told: Told, stacked: Stack, logs: dict[str, str]) -> None:
    assert "REQ: curl" in logs["spot-engine"]
    own = {
        "the secret of a webhook": re.escape(told.secret.removeprefix("whsec_")),
        "the key of all secrets": re.escape(options(stacked.spot)["webhooks"]["encryption_keys"]),
    }
    slipped = {
        (name, what): found.group()
        for name, log in logs.items()
        for what, pattern in {**SECRET, **own}.items()
        if (found := re.search(pattern, log))
    }
    assert slipped == {}


@pytest.mark.parametrize(
    "line",
    [f"rabbit://devcloud:{PASSWORD}@127.0.0.1", f"'password': '{PASSWORD}'", f"X-Auth-Token: gAAAA{'x' * 30}"],
)
def test_a_secret_would_be_seen(line: str) -> None:
    assert [what for what, pattern in SECRET.items() if re.search(pattern, line)]
