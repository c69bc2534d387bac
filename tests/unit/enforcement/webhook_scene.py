# SPDX-License-Identifier: Apache-2.0
"""Webhooks over memory: everything from a letter to what a receiver heard, one second after the other."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from blazar_spot.adapters.cloud_events import CloudEvents
from blazar_spot.adapters.fernet_keyring import FernetKeyring
from blazar_spot.core.deliveries import Delivery
from blazar_spot.core.events import Event, News
from blazar_spot.core.outbox import letters
from blazar_spot.core.webhooks import Webhook, WebhookState
from blazar_spot.enforcement.deliveries import Deliveries
from blazar_spot.enforcement.sorting import CHANNEL, Sorting
from blazar_spot.enforcement.webhooks import Filters, Limits, Webhooks
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.courier import FakeCourier
from blazar_spot.testing.store import FakeStore
from tests.contract.store import EVENT, INSTANCE
from tests.unit.adapters.test_fernet_keyring import KEY

PATIENCE = 7200
URL = "https://receiver.example/"


class Scene:
    """A store, a courier, and what stands between them."""

    def __init__(self, store: FakeStore | None = None, courier: FakeCourier | None = None) -> None:
        self.clock = FakeClock()
        self.store = store or FakeStore()
        self.courier = courier or FakeCourier()
        self.keyring = FernetKeyring([KEY])
        self.webhooks = Webhooks(self.store, self.courier, self.keyring, self.clock, Limits())
        self.sorting, self.deliveries = self.new_process()

    def new_process(self) -> tuple[Sorting, Deliveries]:
        """What a new process would have: nothing but the store."""
        envelopes = CloudEvents("https://spot.example/")
        self.sorting = Sorting(self.store, lambda: None)
        self.deliveries = Deliveries(
            self.store, self.courier, envelopes, self.keyring, self.clock, PATIENCE, chance=lambda: 1.0
        )
        return self.sorting, self.deliveries

    def made(self, url: str = URL, *filters: Filters, project: str = "project-1", is_verified: bool = True) -> Webhook:
        """A webhook that wants this, or everything; its receiver has answered its challenge."""
        held, _ = self.webhooks.create(project, "ours", url, filters or [{}])
        if is_verified:
            self.serve()
            self.courier.heard.clear()
        return self.webhook(held.webhook.id)

    def webhook(self, webhook_id: str) -> Webhook:
        return self.webhooks.get(webhook_id).webhook

    def write(self, *events: Event) -> None:
        """The engine decides these."""
        with self.store.begin() as work:
            known = {one.id for one in work.instances_by_id({event.instance_id for event in events})}
            missing = {event.instance_id: event for event in events if event.instance_id not in known}
            work.put_instances(
                [replace(INSTANCE, id=one.instance_id, project_id=one.project_id) for one in missing.values()]
            )
            work.put_letters(letters(events, [CHANNEL]))

    def news(self, instance: str = "one", revision: int = 1, news: News = News.SCHEDULED, **changes: object) -> Event:
        event = replace(
            EVENT,
            id=f"incident-{instance}-{revision}",
            incident=f"incident-{instance}",
            instance_id=instance,
            revision=revision,
            news=news,
            at=self.clock.now(),
            deadline_at=self.clock.now() + 900,
        )
        return replace(event, **changes)  # type: ignore[arg-type]

    def serve(self) -> int:
        """One round: sort what is there and serve everybody who waits."""
        self.sorting.sort()
        return sum(self.deliveries.serve(webhook) for webhook in self.deliveries.waiting(100))

    def serve_for(self, seconds: int, until: Callable[[], bool] = lambda: False) -> None:
        """A round each second."""
        for _ in range(seconds):
            self.serve()
            if until():
                return
            self.clock.advance(1)

    def heard(self, url: str = URL) -> list[str]:
        """The ids of the messages that this receiver heard."""
        return [one.headers["Webhook-Id"] for one in self.courier.heard if one.url == url]

    def of(self, webhook: Webhook) -> Sequence[Delivery]:
        """All deliveries of this webhook, the first one first."""
        return [one for one in self.store.deliveries if one.webhook_id == webhook.id]

    def is_enabled(self, webhook: Webhook) -> bool:
        return self.webhook(webhook.id).state is WebhookState.ENABLED
