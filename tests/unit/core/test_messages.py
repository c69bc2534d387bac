# SPDX-License-Identifier: Apache-2.0
"""What webhooks are told."""

from blazar_spot.core.events import News
from blazar_spot.core.messages import CHALLENGE, DISABLED, PING, TYPES, challenge, disabled, of_event, ping
from tests.contract.store import EVENT, NOON


def test_a_message_tells_the_incident_without_the_host() -> None:
    message = of_event(EVENT)
    assert (message.id, message.type, message.subject) == (EVENT.id, "spot.notice.scheduled", EVENT.instance_id)
    assert message.at == EVENT.at
    assert message.data == {
        "id": "notice-1",
        "revision": 1,
        "instance_id": "instance-1",
        "instance_name": EVENT.instance_name,
        "project_id": "project-1",
        "flavor": "boost-preemptible",
        "decided_at": "2027-01-15T08:00:00Z",
        "not_before": "2027-01-15T08:15:00Z",
    }
    assert EVENT.host not in str(message)


def test_all_news_can_be_subscribed_to_and_a_webhook_that_is_disabled() -> None:
    assert set(TYPES) == {f"spot.notice.{news.value}" for news in News} | {DISABLED}


def test_a_challenge_a_ping_and_a_farewell_are_about_their_webhook() -> None:
    told = [challenge("m", "w", "token", NOON), ping("m", "w", NOON), disabled("m", "w", "ours", "gone", NOON)]
    assert [(one.id, one.subject, one.at) for one in told] == [("m", "w", NOON)] * 3
    assert [one.type for one in told] == [CHALLENGE, PING, DISABLED]
    assert [dict(one.data) for one in told] == [
        {"challenge": "token"},
        {"webhook_id": "w"},
        {"webhook_id": "w", "name": "ours", "reason": "gone"},
    ]
