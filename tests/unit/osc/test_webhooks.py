# SPDX-License-Identifier: Apache-2.0
"""openstack spot webhook, its subscriptions and its deliveries."""

from typing import Any

import pytest

from blazar_spot.testing.store import FakeStore
from tests.unit.api.served import ADMIN, READER, put_webhook
from tests.unit.osc.conftest import ShellOf
from tests.unit.osc.shell import Shell

SERVER = "6a8fb1f0-43ae-4c3c-9d5b-3ac2cd8d8a43"


def create(shell: Shell, name: str = "ours", *words: str) -> Any:
    return shell.read("spot", "webhook", "create", name, "--url", "https://receiver.example/spot", *words)


def test_a_webhook_is_created_with_a_secret_that_is_shown_once(shell: Shell) -> None:
    created = create(shell)
    assert created["secret"].startswith("whsec_")
    shown = shell.read("spot", "webhook", "show", "ours")
    assert shown["id"] == created["id"]
    assert "secret" not in shown
    assert shell.read("spot", "webhook", "secret", "rotate", "ours")["secret"] != created["secret"]


def test_a_webhook_is_limited_from_the_beginning(shell: Shell) -> None:
    words = ["--event-type", "spot.notice.scheduled", "--flavor", "a", "--flavor", "b", "--instance", SERVER]
    (wanted,) = create(shell, "ours", *words, "--tag", "blue")["subscriptions"]
    assert (wanted["event_types"], wanted["flavors"]) == (["spot.notice.scheduled"], ["a", "b"])
    assert (wanted["instances"], wanted["tags"]) == ([SERVER], ["blue"])


def test_a_webhook_without_limits_hears_everything_and_may_hear_nothing(shell: Shell) -> None:
    assert len(create(shell)["subscriptions"]) == 1
    assert create(shell, "silent", "--no-subscription")["subscriptions"] == []


def test_webhooks_are_listed(store: FakeStore, shell_of: ShellOf) -> None:
    put_webhook(store, "a", "theirs")
    (row,) = shell_of(ADMIN).read("spot", "webhook", "list", "--all-projects", "--long")
    assert (row["ID"], row["State"], row["Project ID"], row["Failing Since"]) == (
        "webhook-a",
        "enabled",
        "theirs",
        None,
    )
    assert shell_of(ADMIN).read("spot", "webhook", "list", "--all-projects", "--state", "disabled") == []
    assert shell_of(READER).read("spot", "webhook", "list") == []


def test_a_webhook_is_changed(shell: Shell) -> None:
    create(shell)
    assert shell.read("spot", "webhook", "set", "ours", "--name", "new", "--disable")["state"] == "disabled"
    assert shell.read("spot", "webhook", "set", "new", "--enable")["state"] == "unverified"


def test_subscriptions_come_and_go(shell: Shell) -> None:
    create(shell)
    more = shell.read("spot", "webhook", "subscription", "create", "ours", "--tag", "blue")
    listed = shell.read("spot", "webhook", "subscription", "list", "ours")
    assert {"ID": more["id"], "Event Types": [], "Flavors": [], "Instances": [], "Tags": ["blue"]} in listed
    assert shell.type("spot", "webhook", "subscription", "delete", "ours", *(row["ID"] for row in listed)) == 0
    assert shell.read("spot", "webhook", "subscription", "list", "ours") == []


def test_what_was_told_is_listed_shown_and_told_again(store: FakeStore, shell: Shell) -> None:
    put_webhook(store, "a")
    (row,) = shell.read("spot", "webhook", "delivery", "list", "Größe a", "--long", "--state", "delivered")
    assert (row["State"], row["Status"], row["Response"]) == ("delivered", 200, "fine")
    again = shell.read("spot", "webhook", "delivery", "redeliver", "Größe a", row["ID"])
    assert again == shell.read("spot", "webhook", "delivery", "show", "webhook-a", row["ID"])
    assert again["state"] == "pending"


def test_a_test_message_is_sent(store: FakeStore, shell: Shell) -> None:
    put_webhook(store, "a")
    assert shell.read("spot", "webhook", "test", "webhook-a")["type"] == "spot.webhook.ping"


def test_as_many_as_can_be_are_deleted(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    create(shell, "a")
    create(shell, "b")
    assert shell.type("spot", "webhook", "delete", "a", "nothing", "b") == 1
    assert "No webhook with a name or ID of 'nothing' exists." in caplog.text
    assert "1 of 3 webhooks failed to delete." in caplog.text
    assert shell.read("spot", "webhook", "list") == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["show", "nothing"], "No webhook with a name or ID of 'nothing' exists."),
        (["show", ""], "No webhook with a name or ID of '' exists."),
        (["show", "twice"], "More than one webhook exists with the name 'twice'."),
        (["create", "c", "--url", "https://127.0.0.1/"], "(HTTP 400)"),
        (["set", "twice", "--disable"], "More than one webhook exists with the name 'twice'."),
        (["delivery", "show", "webhook-a", "nothing"], "(HTTP 404)"),
        (["subscription", "create", "webhook-a", "--event-type", "made up"], "(HTTP 400)"),
    ],
)
def test_what_cannot_be_done_is_said_and_ends_with_1(
    store: FakeStore, shell: Shell, caplog: pytest.LogCaptureFixture, words: list[str], sentence: str
) -> None:
    put_webhook(store, "a")
    create(shell, "twice")
    create(shell, "twice")
    assert shell.type("spot", "webhook", *words) == 1
    assert sentence in caplog.text
