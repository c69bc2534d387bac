# SPDX-License-Identifier: Apache-2.0
"""The example receiver, which is told by our own courier and envelopes."""

import importlib.util
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker

from blazar_spot.adapters.cloud_events import CloudEvents
from blazar_spot.adapters.destinations import Rules
from blazar_spot.adapters.fernet_keyring import FernetKeyring
from blazar_spot.adapters.http_courier import HttpCourier
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.core.deliveries import Answer
from blazar_spot.core.events import News
from blazar_spot.core.messages import CHALLENGE, Message, challenge, disabled, of_event, ping
from tests.contract.store import EVENT, NOON
from tests.unit.adapters.test_fernet_keyring import KEY

ROOT = Path(__file__).parents[3]
SECRET = FernetKeyring([KEY]).fresh()
OTHER = FernetKeyring([KEY]).fresh()
MESSAGE = of_event(EVENT)
TOLERANCE = 300


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("receiver", ROOT / "examples/receiver/receiver.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Scene:
    """A receiver on a port, and who speaks to it."""

    def __init__(self, example: ModuleType) -> None:
        self.handled: list[dict[str, Any]] = []
        self.server = example.server(example.Receiver(SECRET, self.handled.append), 0)
        rules = Rules(allow_http=True, ports=frozenset(), allowed=(ip_network("127.0.0.1/32"),))
        self.courier = HttpCourier(rules, SystemClock(), 10)
        self.now = SystemClock().now()

    def send(self, message: Message = MESSAGE, *, secrets: tuple[str, ...] = (SECRET,), at: int = 0) -> Answer:
        headers, body = CloudEvents("https://spot.example/").wrapped(message, secrets, self.now + at)
        return self.post(dict(headers), body)

    def post(self, headers: dict[str, str], body: bytes) -> Answer:
        return self.courier.post(f"http://127.0.0.1:{self.server.server_address[1]}/", headers, body)


@pytest.fixture
def scene(example: ModuleType) -> Iterator[Scene]:
    scene = Scene(example)
    thread = threading.Thread(target=scene.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield scene
    finally:
        scene.server.shutdown()
        thread.join()
        scene.server.server_close()


def test_a_message_is_handled_once_however_often_it_is_sent(scene: Scene) -> None:
    answers = [scene.send(at=seconds).status for seconds in (0, 0, 60)]
    assert answers == [200, 200, 200]
    assert [event["id"] for event in scene.handled] == [MESSAGE.id]
    assert scene.handled[0]["data"]["not_before"] == MESSAGE.data["not_before"]


def test_a_challenge_is_repeated_and_not_handled(scene: Scene) -> None:
    answer = scene.send(challenge("m1", "webhook-1", "token", NOON))
    assert (answer.status, json.loads(answer.excerpt), scene.handled) == (200, {"challenge": "token"}, [])


def test_either_signature_is_enough_while_a_secret_is_rotated(scene: Scene) -> None:
    assert scene.send(secrets=(OTHER, SECRET)).status == 200
    assert scene.send(replace(MESSAGE, id="m2"), secrets=(SECRET, OTHER)).status == 200
    assert scene.send(replace(MESSAGE, id="m3"), secrets=(OTHER,)).status == 401
    assert [event["id"] for event in scene.handled] == [MESSAGE.id, "m2"]


@pytest.mark.parametrize("at", [-TOLERANCE - 30, TOLERANCE + 30, -NOON])
def test_an_old_signature_or_one_of_the_future_is_refused(scene: Scene, at: int) -> None:
    assert scene.send(at=at).status == 401
    assert scene.handled == []


@pytest.mark.parametrize("what", ["body", "id", "timestamp", "signature", "version", "no id", "no signature", "junk"])
def test_what_was_tampered_with_is_refused(scene: Scene, what: str) -> None:
    made, body = CloudEvents("https://spot.example/").wrapped(MESSAGE, [SECRET], scene.now)
    headers = dict(made)
    match what:
        case "body":
            body = body.replace(b"08:15", b"09:15")
        case "id":
            headers["Webhook-Id"] = "another"
        case "timestamp":
            headers["Webhook-Timestamp"] = str(scene.now + 1)
        case "signature":
            headers["Webhook-Signature"] = "v1," + "A" * 43 + "="
        case "version":
            headers["Webhook-Signature"] = headers["Webhook-Signature"].replace("v1,", "v2,")
        case "no id":
            del headers["Webhook-Id"]
        case "no signature":
            del headers["Webhook-Signature"]
        case "junk":
            headers["Webhook-Signature"] = "junk"
    assert scene.post(headers, body).status == 401
    assert scene.handled == []


def test_a_signed_message_that_is_replayed_under_another_id_is_refused(scene: Scene) -> None:
    made, body = CloudEvents("https://spot.example/").wrapped(MESSAGE, [SECRET], scene.now)
    assert scene.post(dict(made), body).status == 200
    assert scene.post(dict(made) | {"Webhook-Id": "m2"}, body).status == 401
    assert len(scene.handled) == 1


@pytest.mark.parametrize(
    "message",
    [
        *[of_event(replace(EVENT, news=news)) for news in News],
        challenge("m", "w", "token", NOON),
        ping("m", "w", NOON),
        disabled("m", "w", "ours", "gone", NOON),
    ],
    ids=lambda message: message.type,
)
@pytest.mark.parametrize("secrets", [[SECRET], [SECRET, OTHER]], ids=["one secret", "two secrets"])
def test_the_receivers_document_describes_what_is_sent_and_what_the_example_answers(
    example: ModuleType, message: Message, secrets: list[str]
) -> None:
    document = yaml.safe_load((ROOT / "blazar_spot/api/openapi/receiver.yaml").read_text())
    operation = document["webhooks"]["message"]["post"]
    headers, body = CloudEvents("https://spot.example/").wrapped(message, secrets, SystemClock().now())
    for parameter in operation["parameters"]:
        Draft202012Validator(parameter["schema"]).validate(headers[parameter["name"]])
    (content,) = operation["requestBody"]["content"].items()
    assert headers["Content-Type"] == content[0]
    schema = content[1]["schema"] | {"components": document["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(json.loads(body))

    status, answer = example.Receiver(SECRET, lambda _event: None).take(dict(headers), body)
    if message.type == CHALLENGE:
        shape = operation["responses"][str(status)]["content"]["application/json"]["schema"]
        Draft202012Validator(shape | {"components": document["components"]}).validate(answer)
    assert status == 200


def test_the_receivers_document_knows_every_type_and_no_other() -> None:
    document = yaml.safe_load((ROOT / "blazar_spot/api/openapi/receiver.yaml").read_text())
    types = [of_event(replace(EVENT, news=news)).type for news in News]
    others = [CHALLENGE, "spot.webhook.ping", "spot.webhook.disabled"]
    assert set(document["components"]["schemas"]["Message"]["properties"]["type"]["enum"]) == {*types, *others}
