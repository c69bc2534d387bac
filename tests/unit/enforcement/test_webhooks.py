# SPDX-License-Identifier: Apache-2.0
"""What the owners of webhooks can do with them."""

from dataclasses import replace

import pytest

from blazar_spot.adapters.fernet_keyring import FernetKeyring
from blazar_spot.core.deliveries import KEEP_SECONDS, Answer, DeliveryState
from blazar_spot.core.errors import BadUrl, NotFound, NotNow, OverQuota, StaleVersion
from blazar_spot.core.webhooks import WebhookState
from blazar_spot.enforcement.webhooks import TRIES, Limits, Webhooks
from blazar_spot.testing.store import FakeWork
from tests.unit.adapters.test_fernet_keyring import KEY, NEWER
from tests.unit.enforcement.webhook_scene import URL, Scene

OTHER = "https://other.example/"


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_secret_is_shown_when_it_is_made_and_stored_so_that_nobody_can_read_it(scene: Scene) -> None:
    held, secret = scene.webhooks.create("project-1", "ours", URL, [])
    assert secret.startswith("whsec_")
    assert secret not in str(scene.store.webhooks)
    assert scene.keyring.opened(held.webhook.secret) == secret


def test_a_new_webhook_waits_for_its_receivers_word(scene: Scene) -> None:
    held, _ = scene.webhooks.create("project-1", "ours", URL, [{"flavors": ["a", "a", "b"]}, {}])
    assert (held.webhook.state, held.webhook.challenge is None) == (WebhookState.UNVERIFIED, False)
    assert [one.flavors for one in held.subscriptions] == [("a", "b"), ()]
    assert scene.webhooks.get(held.webhook.id).webhook == held.webhook
    assert scene.courier.heard == []


def test_a_bad_url_is_refused_and_nothing_is_stored(scene: Scene) -> None:
    with pytest.raises(BadUrl):
        scene.webhooks.create("project-1", "ours", "http://127.0.0.1/", [])
    webhook = scene.made()
    with pytest.raises(BadUrl):
        scene.webhooks.update(webhook.id, None, "http://127.0.0.1/", None)
    assert [one.url for one in scene.store.webhooks] == [URL]


def test_a_project_has_so_many_webhooks_and_a_webhook_so_many_subscriptions(scene: Scene) -> None:
    few = Webhooks(scene.store, scene.courier, scene.keyring, scene.clock, Limits(webhooks=2, subscriptions=1))
    first, _ = few.create("project-1", "a", URL, [{}])
    few.create("project-1", "b", URL, [])
    with pytest.raises(OverQuota):
        few.create("project-1", "c", URL, [])
    with pytest.raises(OverQuota):
        few.create("project-2", "c", URL, [{}, {}])
    with pytest.raises(OverQuota):
        few.subscribe(first.webhook.id, {})
    few.create("project-2", "c", URL, [])
    assert len(few.of("project-2")) == 1


def test_projects_see_their_own_and_operators_see_all(scene: Scene) -> None:
    ours, theirs = scene.made(), scene.made(OTHER, project="project-2")
    assert [one.webhook.id for one in scene.webhooks.of("project-1")] == [ours.id]
    assert {one.webhook.id for one in scene.webhooks.of(None)} == {ours.id, theirs.id}
    assert all(len(one.subscriptions) == 1 for one in scene.webhooks.of(None))


def test_whoever_gets_a_new_url_is_challenged_again_and_told_what_has_waited(scene: Scene) -> None:
    webhook = scene.made()
    scene.write(scene.news())
    scene.sorting.sort()
    moved = scene.webhooks.update(webhook.id, "moved", OTHER, None).webhook
    assert (moved.name, moved.url, moved.state) == ("moved", OTHER, WebhookState.UNVERIFIED)
    scene.serve_for(2)
    assert (scene.heard(), len(scene.heard(OTHER)), scene.heard(OTHER)[-1]) == ([], 2, "incident-one-1")


def test_the_same_url_and_another_name_are_no_reason_for_a_challenge(scene: Scene) -> None:
    webhook = scene.made()
    renamed = scene.webhooks.update(webhook.id, "renamed", URL, True).webhook
    assert (renamed.name, renamed.state) == ("renamed", WebhookState.ENABLED)


def test_a_webhook_that_is_disabled_is_told_nothing_and_challenged_when_it_is_enabled(scene: Scene) -> None:
    webhook = scene.made()
    scene.write(scene.news("one"))
    scene.sorting.sort()
    off = scene.webhooks.update(webhook.id, None, OTHER, False).webhook
    assert (off.state, off.url, off.reason) == (WebhookState.DISABLED, OTHER, "its owner has disabled it")
    scene.write(scene.news("two"))
    scene.serve_for(3)
    assert scene.courier.heard == []
    assert [one.state for one in scene.of(webhook)] == [DeliveryState.ABANDONED]
    on = scene.webhooks.update(webhook.id, None, None, True).webhook
    assert (on.state, on.reason) == (WebhookState.UNVERIFIED, "")
    scene.serve()
    assert scene.is_enabled(webhook)


def test_a_challenge_that_was_given_up_can_be_wanted_again(scene: Scene) -> None:
    webhook = scene.made(is_verified=False)
    with scene.store.begin() as work:
        work.put_webhook(replace(webhook, challenge=None, verify_until=None))
    scene.serve()
    assert scene.courier.heard == []
    scene.webhooks.update(webhook.id, None, None, True)
    scene.serve()
    assert scene.is_enabled(webhook)


def test_the_secret_before_the_last_is_not_valid_any_more(scene: Scene) -> None:
    webhook = scene.made()
    (_, second), (held, third) = scene.webhooks.rotate(webhook.id), scene.webhooks.rotate(webhook.id)
    valid = [scene.keyring.opened(one) for one in held.webhook.secrets_at(scene.clock.now())]
    assert valid == [third, second]


def test_secrets_are_sealed_anew_with_the_first_key(scene: Scene) -> None:
    webhook = scene.made()
    scene.made(OTHER, project="project-2")
    _, newest = scene.webhooks.rotate(webhook.id)
    keys = FernetKeyring([NEWER, KEY])
    assert Webhooks(scene.store, scene.courier, keys, scene.clock, Limits()).reseal() == 2
    sealed = scene.webhook(webhook.id).secrets_at(scene.clock.now())
    assert FernetKeyring([NEWER]).opened(sealed[0]) == newest
    assert FernetKeyring([NEWER]).opened(sealed[1]).startswith("whsec_")


def test_subscriptions_come_and_go(scene: Scene) -> None:
    held, _ = scene.webhooks.create("project-1", "ours", URL, [])
    new = scene.webhooks.subscribe(held.webhook.id, {"event_types": ["spot.notice.scheduled"]})
    assert scene.webhooks.get(held.webhook.id).subscriptions == (new,)
    other, _ = scene.webhooks.create("project-1", "other", URL, [])
    with pytest.raises(NotFound):
        scene.webhooks.unsubscribe(other.webhook.id, new.id)
    scene.webhooks.unsubscribe(held.webhook.id, new.id)
    assert scene.webhooks.get(held.webhook.id).subscriptions == ()


def test_a_ping_is_told_without_being_subscribed_to_but_not_to_who_is_not_enabled(scene: Scene) -> None:
    webhook = scene.made(URL, {"event_types": ["spot.notice.withdrawn"]})
    sent = scene.webhooks.ping(webhook.id)
    scene.serve()
    assert scene.courier.heard[-1].event["type"] == "spot.webhook.ping"
    assert scene.webhooks.delivery(webhook.id, sent.message.id).state is DeliveryState.DELIVERED
    unverified = scene.made(OTHER, is_verified=False)
    with pytest.raises(NotNow):
        scene.webhooks.ping(unverified.id)


def test_what_is_done_can_be_told_again_and_what_is_on_its_way_cannot(scene: Scene) -> None:
    webhook = scene.made()
    scene.courier.replies[URL] = Answer(500)
    scene.write(scene.news())
    scene.serve()
    with pytest.raises(NotNow):
        scene.webhooks.redeliver(webhook.id, "incident-one-1")
    scene.serve_for(901)
    assert scene.of(webhook)[0].state is DeliveryState.ABANDONED
    del scene.courier.replies[URL]
    for _ in range(2):
        again = scene.webhooks.redeliver(webhook.id, "incident-one-1")
        assert again.expires_at == scene.clock.now() + KEEP_SECONDS
        scene.serve()
        assert scene.of(webhook)[0].state is DeliveryState.DELIVERED
    assert len({one.body for one in scene.courier.heard}) == 1
    with pytest.raises(NotFound):
        scene.webhooks.redeliver(webhook.id, "unknown")


def test_deliveries_are_listed_page_by_page(scene: Scene) -> None:
    webhook = scene.made()
    for number in range(5):
        scene.write(scene.news(f"instance-{number}"))
        scene.serve_for(1)
    first = scene.webhooks.deliveries(webhook.id, None, None, 2)
    second = scene.webhooks.deliveries(webhook.id, DeliveryState.DELIVERED, first[-1].message.id, 10)
    told = [one.message.subject for one in [*first, *second]]
    assert told == [f"instance-{number}" for number in (4, 3, 2, 1, 0)]
    with pytest.raises(NotFound):
        scene.webhooks.deliveries(webhook.id, None, "unknown", 2)


def test_what_there_is_not_is_not_found(scene: Scene) -> None:
    for ask in (scene.webhooks.get, scene.webhooks.rotate, scene.webhooks.ping):
        with pytest.raises(NotFound):
            ask("unknown")
    with pytest.raises(NotFound):
        scene.webhooks.subscribe("unknown", {})
    scene.webhooks.delete("unknown")


def test_a_change_at_the_same_time_as_another_is_tried_again_and_not_for_ever(scene: Scene) -> None:
    class Contended(FakeWork):
        left = 0

        def put_webhook(self, webhook):  # type: ignore[no-untyped-def]
            if Contended.left:
                Contended.left -= 1
                raise StaleVersion("somebody else was faster")
            return super().put_webhook(webhook)

    webhook = scene.made()
    scene.store.kind = Contended
    webhooks = scene.webhooks
    Contended.left = TRIES - 1
    assert webhooks.update(webhook.id, "renamed", None, None).webhook.name == "renamed"
    Contended.left = TRIES
    with pytest.raises(StaleVersion):
        webhooks.update(webhook.id, "again", None, None)
