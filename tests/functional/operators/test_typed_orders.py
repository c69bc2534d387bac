# SPDX-License-Identifier: Apache-2.0
"""A holder rehearses an end and an operator drains a host and opens it again, as they type it; no command takes long.

It comes after those who read figures: a rehearsal's notice is a short one.
"""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median

import pytest

from blazar_spot.core.instants import from_iso
from blazar_spot.demo.cast import SpotUser, Stage
from blazar_spot.demo.compressed_time import GPUS
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.lanes import Played
from tests.functional.api.shells import Terminal, Typed

LOG = logging.getLogger(__name__)
TIMES_AS_MUCH = 1.3
"""As one of Nova's a command may take of a processor, as a rule. By the clock it takes as long where nothing else is
done."""
PATIENCE_SECONDS = 120
REHEARSAL = "20s"
"""Long enough for a command that has to look at it meanwhile."""


@dataclass(frozen=True)
class Timed(Terminal):
    """Where it is written down what each command takes."""

    took: list[float] = field(default_factory=list)

    def type(self, *words: str) -> Typed:
        typed = super().type(*words)
        LOG.info("%.2f s, %.2f s of a processor: openstack %s", typed.seconds, typed.cpu_seconds, " ".join(words))
        self.took.append(typed.cpu_seconds)
        return typed


@pytest.fixture(scope="module")
def plain(cloud: Cloud) -> Terminal:
    """Where Nova's commands are typed. The first command of a new installation is compiled."""
    plain = Terminal(cloud.site, "demo")
    plain.type("spot", "event", "list")
    return plain


def usual(plain: Terminal) -> list[float]:
    """What some of Nova's take of a processor now: a machine is not as fast at all times."""
    return [plain.type("server", "list").cpu_seconds for _ in range(3)]


@pytest.fixture
def timed(cloud: Cloud, plain: Terminal) -> Iterator[Callable[[str], Terminal]]:
    """Anybody's terminal, where commands do not take long."""
    took: list[float] = []
    before = usual(plain)
    yield lambda user: Timed(cloud.site, user, took=took)
    novas = median(before + usual(plain))
    LOG.info("%.2f s of a processor are usual", novas)
    assert median(took) <= TIMES_AS_MUCH * novas


@pytest.fixture
def demo(timed: Callable[[str], Terminal]) -> Terminal:
    return timed("demo")


@pytest.fixture
def admin(timed: Callable[[str], Terminal]) -> Terminal:
    return timed("admin")


@pytest.fixture(scope="module")
def stage(cloud: Cloud, played: Played) -> Stage:
    """The host, when nobody is on it any more."""
    played["told"].result()
    return Stage(name="typed", host=cloud.site.options.hosts[0].name, gpus=GPUS)


@pytest.fixture(scope="module")
def guest(cloud: Cloud, stage: Stage) -> str:
    """The name of a spot instance that runs."""
    server_id = SpotUser(cloud, stage).boot("spot")
    compute = cloud.connection("demo").compute
    wait_until(lambda: compute.get_server(server_id).status == "ACTIVE", "it runs", at_most=PATIENCE_SECONDS)
    return str(compute.get_server(server_id).name)


def until(seen: Callable[[], bool], what: str, at_most: float = PATIENCE_SECONDS) -> None:
    wait_until(seen, what, at_most=at_most, every=1)


def test_an_end_is_rehearsed_and_the_instance_stays(demo: Terminal, guest: str) -> None:
    until(lambda: guest in {row["Name"] for row in demo.read("spot", "instance", "list")}, "the engine has seen it")
    interrupt = ("spot", "instance", "interrupt", guest, "--notice", REHEARSAL, "--reason", "a game day")
    asked = demo.read(*interrupt, "--dry-run")
    assert (asked["event_id"], asked["waits_for"]) == (None, None)
    ordered = demo.read(*interrupt)
    assert (ordered["evict"], ordered["waits_for"]) == (False, None)
    (event,) = demo.read("spot", "event", "list")
    assert (event["ID"], event["Instance"]) == (ordered["event_id"], guest)
    until(lambda: demo.read("spot", "event", "list") == [], "the rehearsal is over")
    assert demo.read("spot", "event", "show", ordered["event_id"])["state"] == "withdrawn"
    assert demo.read("server", "show", guest)["status"] == "ACTIVE"


def test_a_host_is_drained_and_opened_again(admin: Terminal, demo: Terminal, guest: str, stage: Stage) -> None:
    drained = admin.read("spot", "pool", "drain", stage.host, "--reason", "a new fan")
    assert (drained["state"], drained["waits_for"]) == ("draining", None)

    def state() -> str:
        (row,) = admin.read("spot", "closure", "list")
        return str(row["State"])

    patience = from_iso(drained["by"]) - time.time() + PATIENCE_SECONDS
    until(lambda: state() == "drained", "the host is drained", patience)
    told = admin.read("spot", "reclaim", "show", drained["reclaim_id"])
    (victim,) = told["victims"]
    assert (told["state"], victim["instance_name"], victim["stage"]) == ("ready", guest, "gone")
    assert victim["why"].startswith("An operator drains the host, which is to be empty from ")
    assert {one["cause"] for one in told["breaches"]} <= {"fence_late"}  # a slow machine's own, and nobody's harm
    (gone,) = [row for row in demo.read("spot", "instance", "list", "--gone") if row["Name"] == guest]
    assert gone["Why"].startswith("Its host was needed for a reservation or for maintenance: ")
    admin.do("spot", "pool", "open", stage.host)
    assert admin.read("spot", "closure", "list") == []
    until(lambda: not admin.read("spot", "pool", "show", stage.host)["is_closed"], "the pool is open")
