# SPDX-License-Identifier: Apache-2.0
"""spot-watch as it runs in guests, against Nova's own metadata service, Keystone and the API.

One notice is put off and withdrawn here. SPOT_WATCH_PYTHON names the Python that the guest has, if it is not that of
the tests.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from blazar_spot.core.instants import from_iso
from blazar_spot.demo.cast import OWNER_PROJECT, Owner, Stage
from blazar_spot.demo.sights import Lease
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.metadata import as_guest
from blazar_spot.devcloud.waiting import wait_until
from tests.functional.api.conftest import FAR, Person

PROGRAM = Path(__file__).parents[3] / "guest/spot_watch.py"
SETTLED_SECONDS = 120
FENCED_SECONDS = 580
"""Before the deadline; the fence is closed 650 seconds before it."""
RULES = [
    {"service": "spot", "method": "GET", "path": "/v1/events"},
    {"service": "spot", "method": "POST", "path": "/v1/events/*/ack"},
]


class Watcher:
    """One spot-watch with a hook that writes down what it is told."""

    def __init__(self, folder: Path, url: str, environment: dict[str, str], *words: str) -> None:
        self._record = folder / "record"
        self._log = folder / "log"
        hook = folder / "hooks.d" / "note"
        hook.parent.mkdir(parents=True)
        hook.write_text(f'#!/bin/sh\necho "$1 $SPOT_INSTANCE_ID $SPOT_EVENT_ID $SPOT_DEADLINE_AT" >>{self._record}\n')
        hook.chmod(0o755)
        python = os.environ.get("SPOT_WATCH_PYTHON", sys.executable)
        files = ["--hooks", str(hook.parent), "--state", str(folder / "state.json")]
        self.command = [python, str(PROGRAM), "--metadata", url, "--interval", "2", *files, *words]
        self.environment = {"PATH": os.environ["PATH"], **environment}

    def follow(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self.command, env=self.environment, stderr=self._log.open("ab"))

    def check(self) -> int:
        done = subprocess.run([*self.command, "--check"], env=self.environment, capture_output=True, check=False)
        return done.returncode

    def wait_for(self, expected: list[list[str]]) -> None:
        try:
            wait_until(lambda: self.told == expected, "the hook is told", at_most=SETTLED_SECONDS)
        finally:
            assert self.told == expected, self._log.read_text()

    @property
    def told(self) -> list[list[str]]:
        return [line.split() for line in self._record.read_text().splitlines()] if self._record.exists() else []

    @property
    def said(self) -> list[str]:
        return self._log.read_text().splitlines()


@pytest.fixture(scope="module")
def metadata_url(cloud: Cloud, guest: str, people: dict[str, Person]) -> Iterator[str]:
    with as_guest(cloud.site, guest, people["demo"].project_id) as url:
        yield url


@pytest.fixture(scope="module")
def credential(cloud: Cloud) -> dict[str, str]:
    """One with which nothing can be done but what a watcher does."""
    connection = cloud.connection("demo")
    made = connection.identity.create_application_credential(
        connection.current_user_id, name="guest", access_rules=RULES
    )
    return {
        "OS_AUTH_URL": cloud.site.auth_url,
        "OS_APPLICATION_CREDENTIAL_ID": made.id,
        "OS_APPLICATION_CREDENTIAL_SECRET": made.secret,
    }


def test_the_credential_of_a_guest_is_good_for_nothing_else(
    cloud: Cloud, people: dict[str, Person], credential: dict[str, str], event: dict[str, Any]
) -> None:
    identity = {
        "methods": ["application_credential"],
        "application_credential": {
            "id": credential["OS_APPLICATION_CREDENTIAL_ID"],
            "secret": credential["OS_APPLICATION_CREDENTIAL_SECRET"],
        },
    }
    url = f"{credential['OS_AUTH_URL'].removesuffix('/v3')}/v3/auth/tokens"
    token = requests.post(url, json={"auth": {"identity": identity}}, timeout=30).headers["X-Subject-Token"]
    holder = Person(people["demo"].url, token, people["demo"].project_id)
    assert [one["id"] for one in holder.get("/v1/events").json()["events"]] == [event["id"]]
    assert holder.get("/v1/instances").status_code == 401


def test_a_watcher_tells_all_that_happens_to_its_instance(
    cloud: Cloud,
    stage: Stage,
    guest: str,
    event: dict[str, Any],
    people: dict[str, Person],
    metadata_url: str,
    credential: dict[str, str],
    tmp_path: Path,
) -> None:
    api = people["demo"].url
    by_metadata = Watcher(tmp_path / "metadata", metadata_url, {})
    by_api = Watcher(tmp_path / "api", metadata_url, credential, "--api", api)
    owner, [lease] = Owner(cloud, stage), cloud.blazar(OWNER_PROJECT).lease.list()
    facts = [guest, event["id"]]
    with ExitStack() as stack:
        for one in (by_metadata, by_api):
            stack.callback(stack.enter_context(one.follow()).terminate)
        ends = str(from_iso(event["not_before"]))
        expected = [["scheduled", *facts, ends]]
        for one in (by_metadata, by_api):
            one.wait_for(expected)
            assert one.check() == 1

        def shown() -> dict[str, Any]:
            return dict(people["demo"].get(f"/v1/events/{event['id']}").json()["event"])

        wait_until(lambda: shown()["state"] == "acknowledged", "it is acknowledged", at_most=SETTLED_SECONDS)
        assert not shown()["is_ready"]

        # A lease that is moved away from its fence gives the host back, and the notice is withdrawn: not yet.
        patience = int(ends) - FENCED_SECONDS - time.time() + SETTLED_SECONDS
        wait_until(lambda: time.time() > int(ends) - FENCED_SECONDS, "the fence is a minute old", at_most=patience)
        start = datetime.fromisoformat(lease["start_date"]).replace(tzinfo=UTC) + timedelta(minutes=1)
        moved = owner.move(owner.lease(lease["id"]), start=f"{start:%Y-%m-%d %H:%M}", end=FAR)
        assert isinstance(moved, Lease), moved
        wait_until(lambda: str(from_iso(shown()["not_before"])) > ends, "it is put off", at_most=SETTLED_SECONDS)
        ends = str(from_iso(shown()["not_before"]))
        expected.append(["rescheduled", *facts, ends])
        for one in (by_metadata, by_api):
            one.wait_for(expected)

        owner.give_back(lease["id"])
        expected.append(["withdrawn", *facts, ends])
        for one in (by_api, by_metadata):
            one.wait_for(expected)
            assert one.check() == 0
    for one in (by_metadata, by_api):
        assert [line for line in one.said if "cannot" in line or "answer" in line] == []


def test_a_guest_that_nova_does_not_know_is_not_told_that_there_is_no_notice(
    cloud: Cloud, people: dict[str, Person], tmp_path: Path
) -> None:
    with as_guest(cloud.site, "00000000-0000-4000-8000-000000000000", people["demo"].project_id) as url:
        assert Watcher(tmp_path, url, {}).check() == 3
