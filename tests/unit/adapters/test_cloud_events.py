# SPDX-License-Identifier: Apache-2.0
"""Envelopes, as the public libraries open them."""

import base64
import hmac
import json
from datetime import UTC, datetime

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from cloudevents.core.formats.json import JSONFormat
from standardwebhooks import Webhook, WebhookVerificationError

from blazar_spot.adapters.cloud_events import CloudEvents
from blazar_spot.adapters.fernet_keyring import FernetKeyring
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.core.messages import of_event
from tests.contract.store import EVENT, NOON
from tests.unit.adapters.test_fernet_keyring import KEY

MESSAGE = of_event(EVENT)
ENVELOPES = CloudEvents("https://spot.example/")
KEYRING = FernetKeyring([KEY])


def test_the_body_is_a_cloud_event() -> None:
    headers, body = ENVELOPES.wrapped(MESSAGE, [KEYRING.fresh()], NOON)
    event = from_structured_event(HTTPMessage(dict(headers), body), JSONFormat())
    assert event.get_attributes() == {
        "specversion": "1.0",
        "id": "notice-1-1",
        "source": "https://spot.example/",
        "type": "spot.notice.scheduled",
        "subject": "instance-1",
        "time": datetime(2027, 1, 15, 8, tzinfo=UTC),
        "datacontenttype": "application/json",
    }
    assert event.get_data() == MESSAGE.data
    assert headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"


def test_whoever_has_any_valid_secret_can_check_it() -> None:
    new, old, now = KEYRING.fresh(), KEYRING.fresh(), SystemClock().now()
    headers, body = ENVELOPES.wrapped(MESSAGE, [new, old], now)
    for secret in (new, old):
        assert Webhook(secret).verify(body, dict(headers)) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        Webhook(KEYRING.fresh()).verify(body, dict(headers))


def test_the_signature_is_the_one_that_the_standard_describes() -> None:
    """Worked out by hand: HMAC-SHA256 of id, timestamp and body with the secret's bytes, in base64."""
    secret = KEYRING.fresh()
    headers, body = ENVELOPES.wrapped(MESSAGE, [secret], NOON)
    signed = f"{headers['Webhook-Id']}.{headers['Webhook-Timestamp']}.".encode() + body
    mac = hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), signed, "sha256")
    assert headers["Webhook-Signature"] == "v1," + base64.b64encode(mac).decode()


def test_each_try_has_the_same_id_and_body_and_its_own_time() -> None:
    secret = KEYRING.fresh()
    (first, body), (second, same) = (ENVELOPES.wrapped(MESSAGE, [secret], at) for at in (NOON, NOON + 60))
    assert body == same
    assert first["Webhook-Id"] == second["Webhook-Id"] == "notice-1-1"
    assert (first["Webhook-Timestamp"], second["Webhook-Timestamp"]) == (str(NOON), str(NOON + 60))
    assert first["Webhook-Signature"] != second["Webhook-Signature"]
