# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a command is said in a sentence: there is no such thing, it is another project's, or nonsense.

Each command of ours is refused something by the API, Nova or Blazar of a real cloud. It is run as ``openstack`` does
that, but in this process: to start the program takes longer than all that it asks.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any

import pytest
from openstack.connection import Connection

from blazar_spot.client import Client
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.site import REGION
from blazar_spot.devcloud.stock import PLAIN_FLAVOR, SPOT_FLAVOR
from tests.functional.api.conftest import Person
from tests.unit.osc.shell import GROUPS, ClientManager, Shell

COMMANDS = sorted(one.name.replace("_", " ") for one in entry_points(group=GROUPS[0]))
WISH = "--reservation resource_type=physical:host,min=1,max=1"
TWICE = f"{WISH} --start-date '2098-01-01 00:00' --end-date '2098-01-02 00:00'"

NOT_YOURS, NOT_THERE, NONSENSE, NOT_NOW = "(HTTP 403)", "(HTTP 404)", "(HTTP 400)", "(HTTP 409)"


def none_of(kind: str, name: str = "nothing") -> str:
    return f"No {kind} with a name or ID of '{name}' exists."


THINGS = [
    ("demo", "event show nothing", none_of("event")),
    ("owner", "event show EVENT", none_of("event", "EVENT")),
    ("demo", "event ack nothing", none_of("event")),
    ("owner", "event ack EVENT", none_of("event", "EVENT")),
    ("watcher", "event ack EVENT", NOT_YOURS),
    ("demo", "event list --instance nothing", "No Server found for nothing"),
    ("owner", "event list --all-projects", NOT_YOURS),
    ("demo", "instance show nothing", none_of("spot instance")),
    ("owner", "instance show GUEST", none_of("spot instance", "GUEST")),
    ("owner", "instance list --all-projects", NOT_YOURS),
    ("demo", "instance list --host HOST", NOT_YOURS),
    ("demo", "instance interrupt nothing", none_of("spot instance")),
    ("owner", "instance interrupt GUEST", none_of("spot instance", "GUEST")),
    ("watcher", "instance interrupt GUEST", NOT_YOURS),
    ("demo", "instance interrupt GUEST", NOT_NOW),
    ("owner", "lease show nothing", none_of("lease")),
    ("demo", "lease show LEASE", none_of("lease", "LEASE")),
    ("owner", "lease list --all-projects", NOT_YOURS),
    ("owner", "lease create x", "The lease parameters are incorrect."),
    ("owner", f"lease create x {TWICE}", "code=not_enough_hosts"),
    ("owner", "plan", "Say when the lease ends (--end-date)"),
    ("owner", "plan --end-date '2001-01-01 00:00'", NONSENSE),
    ("owner", "plan --lease nothing", none_of("lease")),
    ("demo", "plan --lease LEASE", none_of("lease", "LEASE")),
    ("owner", "reclaim show nothing", NOT_THERE),
    ("demo", "reclaim show RECLAIM", NOT_THERE),
    ("owner", "reclaim list --lease nothing", none_of("lease")),
    ("owner", "reclaim list --all-projects", NOT_YOURS),
    ("owner", "breach list", NOT_YOURS),
    ("demo", "capacity show --flavor nothing", none_of("spot flavor")),
    ("demo", f"capacity show --flavor {PLAIN_FLAVOR}", none_of("spot flavor", PLAIN_FLAVOR)),
    ("admin", "flavor create --from nothing", none_of("flavor")),
    ("admin", f"flavor create --from {SPOT_FLAVOR}", f"Flavor '{SPOT_FLAVOR}' is preemptible already."),
    ("demo", f"flavor create --from {PLAIN_FLAVOR}", "os_compute_api:os-flavor-manage:create"),
    ("admin", "flavor enrol nothing", none_of("flavor")),
    ("admin", f"flavor enrol {PLAIN_FLAVOR}", f"openstack spot flavor create --from {PLAIN_FLAVOR}"),
    ("demo", f"flavor enrol {SPOT_FLAVOR}", NOT_YOURS),
    ("demo", "flavor check", NOT_YOURS),
    ("demo", "pool list", NOT_YOURS),
    ("demo", "pool show HOST", NOT_YOURS),
    ("admin", "pool show nothing", NOT_THERE),
    ("demo", "pool close HOST --reason x", NOT_YOURS),
    ("admin", "pool close nothing --reason x", NOT_THERE),
    ("demo", "pool drain HOST --reason x", NOT_YOURS),
    ("admin", "pool drain nothing --reason x", NOT_THERE),
    ("admin", "pool drain HOST --by '2098-01-01 00:00' --reason x", "a reservation has it"),
    ("demo", "pool open HOST", NOT_YOURS),
    ("admin", "pool open HOST", "HOST is not closed."),
    ("demo", "closure list", NOT_YOURS),
    ("demo", "engine list", NOT_YOURS),
    ("demo", "engine status", NOT_YOURS),
    ("demo", "engine pause", NOT_YOURS),
    ("demo", "engine resume", NOT_YOURS),
    ("demo", "webhook create x --url https://10.0.0.1/", NONSENSE),
    ("watcher", "webhook create x --url https://receiver.example/", NOT_YOURS),
    ("owner", "webhook list --all-projects", NOT_YOURS),
    ("demo", "webhook delivery show WEBHOOK nothing", NOT_THERE),
    ("demo", "webhook delivery redeliver WEBHOOK nothing", "The webhook is unverified. (HTTP 409)"),
    ("demo", "webhook test WEBHOOK", "The webhook is unverified. (HTTP 409)"),
    ("demo", "webhook subscription create WEBHOOK --event-type nothing", NONSENSE),
    ("demo", "webhook subscription delete WEBHOOK nothing", "1 of 1 subscriptions failed to delete."),
]
OF_WEBHOOKS = (
    "show {}",
    "set {} --disable",
    "delete {}",
    "test {}",
    "secret rotate {}",
    "subscription list {}",
    "subscription create {} --tag blue",
    "subscription delete {} ID",
    "delivery list {}",
    "delivery show {} ID",
    "delivery redeliver {} ID",
)
REFUSED = THINGS + [
    (who, "webhook " + words.format(name), none_of("webhook", name))
    for words in OF_WEBHOOKS
    for who, name in (("demo", "nothing"), ("owner", "WEBHOOK"))
]
UNREADABLE = [
    "event list --state gone",
    "event list --wait soon",
    "instance interrupt GUEST --notice soon",
    "plan --end-date soon",
    "reclaim list --state gone",
    "breach list --limit -1",
    "flavor create",
    "flavor list --colour",
    "pool close HOST",
    "pool drain HOST",
    "pool drain HOST --by soon --reason x",
    "webhook create x",
    "webhook set WEBHOOK --enable --disable",
    "webhook delivery list WEBHOOK --state gone",
]
"""Each of them ends before anybody is asked."""


@pytest.fixture(scope="module")
def webhook(people: dict[str, Person]) -> Iterator[str]:
    """One of the spot instance's project, which nobody answers for."""
    wish = {"name": "nobody", "url": "https://receiver.example/", "subscriptions": []}
    made = people["demo"].post("/v1/webhooks", wish).json()["webhook"]
    yield str(made["id"])
    people["demo"].delete(f"/v1/webhooks/{made['id']}")


@pytest.fixture(scope="module")
def names(
    cloud: Cloud, guest: str, event: dict[str, Any], webhook: str, people: dict[str, Person]
) -> Mapping[str, str]:
    """What stands in the commands for things that there are."""
    (reclaim,) = people["owner"].get("/v1/reclaims").json()["reclaims"]
    return {
        "EVENT": event["id"],
        "GUEST": guest,
        "HOST": cloud.site.options.hosts[0].name,
        "LEASE": reclaim["lease_id"],
        "RECLAIM": reclaim["id"],
        "WEBHOOK": webhook,
    }


@pytest.fixture(scope="module")
def shell_of(cloud: Cloud, connections: dict[str, Connection]) -> Callable[[str], Shell]:
    """Anybody's shell."""

    def make(user: str) -> Shell:
        asks = connections[user]
        spot = Client(asks.session, region_name=REGION, interface="public")
        reservation = None if user == "watcher" else cloud.blazar(user)
        return Shell(ClientManager(spot, asks.compute, reservation=reservation))

    return make


def filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(name, value)
    return text


@pytest.mark.parametrize(("user", "words", "sentence"), REFUSED)
def test_what_cannot_be_done_is_said_and_ends_with_1(
    shell_of: Callable[[str], Shell],
    names: Mapping[str, str],
    caplog: pytest.LogCaptureFixture,
    user: str,
    words: str,
    sentence: str,
) -> None:
    shell = shell_of(user)
    assert shell.type("spot", *shlex.split(filled(words, names))) == 1
    assert filled(sentence, names) in caplog.text
    assert shell.printed == ""


@pytest.mark.parametrize("words", UNREADABLE)
def test_words_that_mean_nothing_end_with_2(
    shell_of: Callable[[str], Shell], names: Mapping[str, str], words: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        shell_of("admin").type("spot", *shlex.split(filled(words, names)))
    assert ended.value.code == 2


def test_each_command_is_refused_something() -> None:
    told = [f"spot {words} " for words in (*UNREADABLE, *(words for _, words, _ in REFUSED))]
    assert len(COMMANDS) > 40
    assert [name for name in COMMANDS if not any(one.startswith(f"{name} ") for one in told)] == []
