# SPDX-License-Identifier: Apache-2.0
"""From the configuration to a receiver: what the engine's process is made of, over a database in a file."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from blazar_spot import wiring
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.cmd.manage import main
from blazar_spot.core.errors import Permanent
from blazar_spot.core.outbox import letters
from blazar_spot.core.webhooks import WebhookState
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from tests.contract.store import EVENT, INSTANCE
from tests.unit.adapters.receivers import Receiver, Visit, listening
from tests.unit.adapters.test_fernet_keyring import KEY, NEWER
from tests.unit.conf.test_conf import loaded

PATIENCE_SECONDS = 60
NONE = "[service_auth]\nauth_type = none\nendpoint = http://127.0.0.1:9\n"


def echoes(visit: Visit) -> None:
    """As a receiver that knows about challenges, and about nothing else."""
    body = visit.heard().partition(b"\r\n\r\n")[2]
    token = body.partition(b'"challenge": "')[2].partition(b'"')[0]
    said = b'{"challenge": "' + token + b'"}'
    visit.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + said)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening(echoes) as receiver:
        yield receiver


def settings(folder: Path, webhooks: str) -> str:
    connection = f"sqlite:///{folder}/promises.db"
    migration.sync(Database(connection))
    return f"{NONE}[database]\nconnection = {connection}\n[channels]\nenabled = webhooks\n[webhooks]\n{webhooks}\n"


def test_a_decision_reaches_a_receiver_within_the_process_that_decides_it(tmp_path: Path, receiver: Receiver) -> None:
    lenient = f"encryption_keys = {KEY}\nallow_http = true\nports =\nallowed_networks = 127.0.0.0/8\nthreads = 2"
    conf = loaded(tmp_path, settings(tmp_path, lenient))
    whole = wiring.build(conf)
    owner = wiring.webhooks(conf, whole.store, whole.clock)
    held, _ = owner.create(INSTANCE.project_id, "ours", f"http://127.0.0.1:{receiver.port}/", [{}])
    now = whole.clock.now()
    event = replace(EVENT, at=now, deadline_at=now + 900)

    carried = wiring.posts(conf, whole)
    clocks = [SystemClock(rest_seconds=0) for _ in carried]
    threads = [threading.Thread(target=one.run, args=(clock.wait,)) for one, clock in zip(carried, clocks, strict=True)]
    for clock, thread in zip(clocks, threads, strict=True):
        whole.bell.heard_by(clock.wake)
        thread.start()
    watch = SystemClock()
    try:
        wait_until(lambda: owner.get(held.webhook.id).webhook.state is WebhookState.ENABLED, watch)
        with whole.store.begin() as work:
            work.put_instances([INSTANCE])
            work.put_letters(letters([event], ["webhooks"]))
        whole.bell.ring()
        wait_until(lambda: len(receiver.requests) > 1, watch)
    finally:
        for clock in clocks:
            clock.interrupt()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
    assert [b"spot.webhook.challenge" in request for request in receiver.requests] == [True, False]
    assert b"webhook-id: notice-1-1\r\n" in receiver.requests[1].lower()


def wait_until(condition, clock: SystemClock) -> None:  # type: ignore[no-untyped-def]
    end = clock.now() + PATIENCE_SECONDS
    while not condition():
        assert clock.now() < end
        clock.wait(0.02)


@pytest.mark.parametrize(
    ("webhooks", "sentence"),
    [
        ("", "need encryption_keys"),
        ("encryption_keys = short", "encryption_keys in .webhooks. are 32 bytes"),
        (f"encryption_keys = {KEY}\nca_file = /nowhere", "ca_file in .webhooks. cannot be read"),
    ],
)
def test_webhooks_that_cannot_be_are_said_at_the_start(tmp_path: Path, webhooks: str, sentence: str) -> None:
    conf = loaded(tmp_path, settings(tmp_path, webhooks))
    whole = wiring.build(conf)
    with pytest.raises(Permanent, match=sentence):
        wiring.posts(conf, whole)


@pytest.mark.parametrize(
    "option",
    [
        "allowed_networks = 10.0.0.0/33",
        "denied_networks = 10.0.0.1/8",
        "ports = 0",
        "timeout_seconds = 16",
        "source = a b",
    ],
)
def test_junk_in_the_group_names_its_option(tmp_path: Path, option: str) -> None:
    conf = loaded(tmp_path, f"[webhooks]\n{option}\n")
    name = option.partition(" ")[0]
    with pytest.raises(ValueError, match=name):
        getattr(conf.webhooks, name)


def test_secrets_are_sealed_anew_by_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = settings(tmp_path, f"encryption_keys = {NEWER},{KEY}")
    conf = loaded(tmp_path, text.replace(f"{NEWER},", ""))
    whole = wiring.build(conf)
    owner = wiring.webhooks(conf, whole.store, whole.clock)
    held, secret = owner.create("project-1", "ours", "https://receiver.example/", [])
    loaded(tmp_path, text)
    assert main(["--config-file", str(tmp_path / "blazar-spot.conf"), "webhooks", "reseal"]) == 0
    assert capsys.readouterr().out == "The secrets of 1 webhooks are encrypted with the first of the keys.\n"
    newer = wiring.keyring(loaded(tmp_path, text.replace(f",{KEY}", "")))
    assert newer.opened(owner.get(held.webhook.id).webhook.secret) == secret
