# SPDX-License-Identifier: Apache-2.0
"""What every store must do with webhooks: the contract of ``ports.webhook_work`` as tests."""

from dataclasses import replace

import pytest

from blazar_spot.core.deliveries import Delivery, DeliveryState, delivery
from blazar_spot.core.errors import StaleVersion
from blazar_spot.core.messages import Message
from blazar_spot.core.webhooks import Subscription, Webhook, WebhookState
from blazar_spot.ports.store import Store

NOON = 1_800_000_000

WEBHOOK = Webhook(
    id="webhook-1",
    project_id="project-1",
    name="Größe 🚀",
    url="https://receiver.example/" + "a" * 2000,
    secret="sealed" * 50,
    state=WebhookState.ENABLED,
    created_at=NOON,
    due_at=NOON,
)
SUBSCRIPTION = Subscription(id="subscription-1", webhook_id="webhook-1", project_id="project-1", created_at=NOON)
MESSAGE = Message(id="m1", type="spot.notice.scheduled", subject="instance-1", at=NOON, data={"a": "🚀", "b": 1})
DELIVERY = delivery(MESSAGE, "webhook-1", "project-1", NOON, NOON + 900, 3)


def keep(store: Store, *values: Webhook | Subscription | Delivery) -> None:
    """Store these values."""
    with store.begin() as work:
        for value in values:
            if isinstance(value, Webhook):
                work.put_webhook(value)
            elif isinstance(value, Subscription):
                work.put_subscription(value)
            else:
                work.put_deliveries([value])


def sent(number: int, webhook: str = "webhook-1", **changes: object) -> Delivery:
    """A delivery with a message of its own."""
    made = delivery(replace(MESSAGE, id=f"m{number}"), webhook, "project-1", NOON, NOON + 900)
    return replace(made, **changes)  # type: ignore[arg-type]


class WebhookStoreContract:
    """The promises of a store about webhooks."""

    def test_a_webhook_is_read_as_it_was_written(self, store: Store) -> None:
        full = replace(
            WEBHOOK,
            id="full",
            state=WebhookState.UNVERIFIED,
            challenge="token",
            verify_until=NOON + 1,
            verified_at=NOON + 2,
            old_secret="old",
            old_secret_until=NOON + 3,
            reason="Größe",
            failures=7,
            failing_since=NOON + 4,
        )
        keep(store, WEBHOOK, full)
        with store.begin() as work:
            assert work.webhook("webhook-1") == replace(WEBHOOK, version=1)
            assert work.webhook("full") == replace(full, version=1)
            assert work.webhook("other") is None

    def test_webhooks_are_those_of_some_projects_or_all_by_id(self, store: Store) -> None:
        keep(
            store,
            *[replace(WEBHOOK, id=f"{project}{number}", project_id=project) for project in "ba" for number in (2, 1)],
        )
        with store.begin() as work:
            assert [one.id for one in work.webhooks()] == ["a1", "a2", "b1", "b2"]
            assert [one.id for one in work.webhooks(["b", "none"])] == ["b1", "b2"]
            assert work.webhooks([]) == []

    def test_some_webhooks_of_a_project_or_of_all_by_id_behind_one_and_in_a_state(self, store: Store) -> None:
        for name, project in (("c", "p"), ("a", "p"), ("b", "q"), ("d", "p")):
            keep(store, replace(WEBHOOK, id=name, project_id=project))
        keep(store, replace(WEBHOOK, id="off", project_id="p", state=WebhookState.DISABLED))
        asked = [
            (("p", None, "", 10), "a c d off"),
            (("p", WebhookState.ENABLED, "", 10), "a c d"),
            (("p", None, "a", 2), "c d"),
            ((None, None, "aa", 10), "b c d off"),
            ((None, WebhookState.DISABLED, "", 10), "off"),
            (("none", None, "", 10), ""),
        ]
        for question, expected in asked:
            with store.begin() as work:
                assert [one.id for one in work.webhooks_from(*question)] == expected.split()

    def test_a_write_on_old_knowledge_of_a_webhook_is_stale(self, store: Store) -> None:
        keep(store, WEBHOOK)
        keep(store, replace(WEBHOOK, version=1, due_at=NOON + 1))
        with pytest.raises(StaleVersion):
            keep(store, replace(WEBHOOK, version=1))

    def test_a_subscription_is_read_as_it_was_written(self, store: Store) -> None:
        lists = {"event_types": ("a", "b"), "flavors": ("Größe",), "instances": (), "tags": ("x,y", '"')}
        keep(store, replace(SUBSCRIPTION, **lists), replace(SUBSCRIPTION, id="other", webhook_id="other"))
        with store.begin() as work:
            assert work.subscriptions(["webhook-1"]) == [replace(SUBSCRIPTION, **lists, version=1)]
            work.drop_subscription("subscription-1")
            work.drop_subscription("subscription-1")
            assert [one.id for one in work.subscriptions(["webhook-1", "other"])] == ["other"]
            assert work.subscriptions([]) == []

    def test_a_delivery_is_read_as_it_was_written(self, store: Store) -> None:
        done = replace(
            DELIVERY,
            id="done",
            state=DeliveryState.DELIVERED,
            tries=3,
            tried_at=NOON + 1,
            done_at=NOON + 2,
            status=204,
            response="Größe 🚀",
        )
        keep(store, DELIVERY, done)
        with store.begin() as work:
            assert work.delivery(DELIVERY.id) == replace(DELIVERY, version=1)
            assert work.delivery("done") == replace(done, version=1)
            assert work.delivery("none") is None

    def test_the_same_delivery_is_written_once(self, store: Store) -> None:
        keep(store, DELIVERY)
        with pytest.raises(StaleVersion):
            keep(store, DELIVERY)

    def test_webhooks_to_serve_are_those_that_may_be_told_something_now(self, store: Store) -> None:
        others = {
            "b-failed-twice": {"failures": 2},
            "c-fine": {"due_at": NOON - 5},
            "d-fine": {"due_at": NOON - 9},
            "resting": {"due_at": NOON + 1},
            "disabled": {"state": WebhookState.DISABLED},
            "unverified": {"state": WebhookState.UNVERIFIED},
        }
        for webhook_id, changes in others.items():
            keep(store, replace(WEBHOOK, id=webhook_id, **changes), sent(1, webhook_id))  # type: ignore[arg-type]
        challenged = replace(WEBHOOK, id="e-challenged", state=WebhookState.UNVERIFIED, challenge="token")
        keep(store, challenged, replace(WEBHOOK, id="idle"), sent(1, "idle", state=DeliveryState.DELIVERED))
        keep(store, replace(WEBHOOK, id="waits"), sent(1, "waits", due_at=NOON + 1))
        with store.begin() as work:
            ids = [one.id for one in work.webhooks_to_serve(NOON, 10)]
            assert ids == ["d-fine", "c-fine", "e-challenged", "b-failed-twice"]
            assert [one.id for one in work.webhooks_to_serve(NOON, 1)] == ["d-fine"]
            assert {one.id for one in work.webhooks_to_serve(NOON + 1, 10)} == {*ids, "waits", "resting"}

    def test_deliveries_that_are_due_come_in_the_order_of_their_writing(self, store: Store) -> None:
        keep(
            store,
            sent(1, written_at=NOON + 1),
            sent(2, revision=10),
            sent(3, revision=9),
            sent(4, state=DeliveryState.ABANDONED),
            sent(5, due_at=NOON + 1, subject="waits"),
            sent(6, webhook="other"),
        )
        with store.begin() as work:
            assert [one.message.id for one in work.deliveries_due("webhook-1", NOON, 10)] == ["m3", "m2", "m1"]
            assert [one.message.id for one in work.deliveries_due("webhook-1", NOON, 1)] == ["m3"]
            assert work.subjects_waiting("webhook-1", NOON) == {"waits"}
            assert work.subjects_waiting("webhook-1", NOON + 1) == frozenset()

    def test_the_list_of_deliveries_begins_with_the_last_one_and_goes_on_behind_any(self, store: Store) -> None:
        keep(store, sent(1), sent(2, written_at=NOON + 1), sent(3), sent(4, state=DeliveryState.DELIVERED))
        keep(store, sent(5, webhook="other"))
        with store.begin() as work:
            all_of_them = work.deliveries("webhook-1", None, None, 10)
            assert [one.message.id for one in all_of_them] == ["m2", "m4", "m3", "m1"]
            for place, one in enumerate(all_of_them):
                assert work.deliveries("webhook-1", None, one, 2) == all_of_them[place + 1 : place + 3]
            pending = work.deliveries("webhook-1", DeliveryState.PENDING, None, 2)
            assert [one.message.id for one in pending] == ["m2", "m3"]

    def test_what_is_pending_of_a_webhook_can_be_given_up(self, store: Store) -> None:
        keep(store, sent(1), sent(2, state=DeliveryState.DELIVERED), sent(3, webhook="other"))
        with store.begin() as work:
            work.abandon_deliveries("webhook-1", NOON + 7)
        with store.begin() as work:
            given_up = work.deliveries("webhook-1", DeliveryState.ABANDONED, None, 10)
            assert [(one.message.id, one.done_at, one.version) for one in given_up] == [("m1", NOON + 7, 2)]
            assert len(work.deliveries("other", DeliveryState.PENDING, None, 10)) == 1

    def test_a_webhook_is_forgotten_with_everything_about_it(self, store: Store) -> None:
        other = replace(WEBHOOK, id="other")
        keep(store, WEBHOOK, other, SUBSCRIPTION, replace(SUBSCRIPTION, id="s2", webhook_id="other"))
        keep(store, DELIVERY, sent(1, webhook="other"))
        for _ in range(2):
            with store.begin() as work:
                work.drop_webhook("webhook-1")
        with store.begin() as work:
            assert [one.id for one in work.webhooks()] == ["other"]
            assert [one.id for one in work.subscriptions(["webhook-1", "other"])] == ["s2"]
            assert work.delivery(DELIVERY.id) is None
            assert len(work.deliveries("other", None, None, 10)) == 1
