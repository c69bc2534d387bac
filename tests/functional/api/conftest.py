# SPDX-License-Identifier: Apache-2.0
"""A cloud on which one spot instance has a notice that runs for ten minutes: long enough to ask the API about it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests
from openstack.connection import Connection

from blazar_spot.demo.cast import Owner, Refusal, SpotUser, Stage
from blazar_spot.demo.compressed_time import GPUS, options
from blazar_spot.devcloud import accounts
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.fixture import cloud
from blazar_spot.devcloud.site import PASSWORD, Options, Override
from blazar_spot.devcloud.waiting import wait_until
from tests.functional.api.shells import Terminal

__all__ = ["cloud"]

LONG = (
    Override("spot", "policy", "notice_seconds", "600"),
    Override("spot", "policy", "min_uptime_seconds", "640"),
)
FAR = "2099-01-01 00:00"
PATIENCE_SECONDS = 240
TerminalOf = Callable[[str], Terminal]


@pytest.fixture(scope="session")
def cloud_options() -> Options:
    usual = options("spot")
    return replace(usual, overrides=(*usual.overrides, *LONG))


@dataclass(frozen=True)
class Person:
    """Somebody with a token, who speaks HTTP."""

    url: str
    token: str
    project_id: str

    def get(self, path: str, **query: Any) -> requests.Response:
        headers = {"X-Auth-Token": self.token}
        return requests.get(self.url + path, params=query, headers=headers, timeout=90)

    def post(self, path: str, body: Any) -> requests.Response:
        return requests.post(self.url + path, json=body, headers={"X-Auth-Token": self.token}, timeout=90)

    def delete(self, path: str) -> requests.Response:
        return requests.delete(self.url + path, headers={"X-Auth-Token": self.token}, timeout=90)


@pytest.fixture(scope="session")
def connections(cloud: Cloud) -> dict[str, Connection]:
    """The users of the cloud, and one who may only read in the project of the spot instance."""
    admin = cloud.connection("admin").identity
    watcher = admin.create_user(name="watcher", password=PASSWORD, domain_id="default")
    project, reader = admin.find_project("demo"), admin.find_role("reader")
    admin.assign_project_role_to_user(project, watcher, reader)
    found = {name: cloud.connection(name) for name in ("admin", "demo", "owner", "nova")}
    return found | {"watcher": accounts.connect(cloud.site, "watcher", "demo")}


@pytest.fixture(scope="session")
def people(connections: dict[str, Connection]) -> dict[str, Person]:
    """The same, speaking HTTP."""
    return {
        name: Person(
            one.session.get_endpoint(service_type="spot", interface="public"), one.auth_token, one.current_project_id
        )
        for name, one in connections.items()
    }


@pytest.fixture(scope="session")
def terminal_of(cloud: Cloud, people: dict[str, Person]) -> TerminalOf:
    """Anybody's terminal; the watcher's project is another one than their own name."""
    return lambda user: Terminal(cloud.site, user, "demo" if user == "watcher" else None)


@pytest.fixture(scope="session")
def demo(terminal_of: TerminalOf) -> Terminal:
    return terminal_of("demo")


@pytest.fixture(scope="session")
def admin(terminal_of: TerminalOf) -> Terminal:
    return terminal_of("admin")


@pytest.fixture(scope="session")
def stage(cloud: Cloud) -> Stage:
    return Stage(name="api", host=cloud.site.options.hosts[0].name, gpus=GPUS)


@pytest.fixture(scope="session")
def guest(cloud: Cloud, stage: Stage) -> str:
    """A spot instance that runs."""
    server_id = SpotUser(cloud, stage).boot("spot")
    compute = cloud.connection("demo").compute

    def runs() -> bool:
        return str(compute.get_server(server_id).status) == "ACTIVE"

    wait_until(runs, "the spot instance runs", at_most=PATIENCE_SECONDS)
    return server_id


@pytest.fixture(scope="session")
def event(cloud: Cloud, stage: Stage, guest: str, people: dict[str, Person]) -> dict[str, Any]:
    """What the API says when a lease wants the host: it is asked once, and answers when there is news."""
    wait_until(
        lambda: not people["demo"].get("/v1/events").json()["events"],
        "what was told for the first steps is over",
        at_most=PATIENCE_SECONDS,
    )
    before = people["demo"].get("/v1/events").json()
    owner = Owner(cloud, stage)
    refusal = owner.ask("now", FAR)
    assert isinstance(refusal, Refusal), refusal
    assert refusal.earliest_start, refusal
    owner.ask(refusal.earliest_start, FAR)
    document = before

    def is_given() -> bool:
        nonlocal document
        document = people["demo"].get("/v1/events", wait=60, incarnation=document["incarnation"]).json()
        return bool(document["events"] and document["events"][0]["given_at"])

    wait_until(is_given, "the notice is given", at_most=PATIENCE_SECONDS, every=0)
    [found] = document["events"]
    assert found["instance_id"] == guest
    return dict(found)
