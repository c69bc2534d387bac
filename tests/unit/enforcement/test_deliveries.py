# SPDX-License-Identifier: Apache-2.0
"""Receivers are told everything that they asked for, in order, whatever fails and whoever dies in between."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from standardwebhooks import Webhook as Checked

from blazar_spot.adapters.fernet_keyring import FernetKeyring
from blazar_spot.adapters.system_clock import SystemClock
from blazar_spot.core.deliveries import Answer, DeliveryState
from blazar_spot.core.errors import BadUrl, Unreachable
from blazar_spot.core.events import News
from blazar_spot.core.webhooks import HOLD_SECONDS, VERIFY_SECONDS, WebhookState
from blazar_spot.enforcement.bearers import Bearers
from blazar_spot.enforcement.deliveries import AT_ONCE, SPEAK_SECONDS
from blazar_spot.testing.courier import FakeCourier, Heard, echo
from tests.stateful.fragile import FragileStore, Fuse
from tests.unit.adapters.test_fernet_keyring import NEWER
from tests.unit.enforcement.webhook_scene import PATIENCE, URL, Scene

OTHER = "https://other.example/"
SILENT = Unreachable("no answer within 10 s")


class Killed(BaseException):
    """The process is gone."""


def die() -> None:
    raise Killed


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_what_is_decided_is_told_once_and_kept_in_the_list(scene: Scene) -> None:
    webhook = scene.made()
    scene.write(scene.news())
    assert (scene.serve(), scene.serve()) == (1, 0)
    assert scene.heard() == ["incident-one-1"]
    (done,) = scene.of(webhook)
    assert (done.state, done.status, done.tries, done.done_at) == (
        DeliveryState.DELIVERED,
        200,
        1,
        scene.clock.now(),
    )
    assert scene.courier.heard[0].event["data"]["instance_id"] == "one"


def test_a_new_webhook_is_told_nothing_but_its_challenge_until_it_has_repeated_it(scene: Scene) -> None:
    scene.courier.replies[URL] = Answer(200, '{"challenge": "something else"}')
    webhook = scene.made(is_verified=False)
    scene.serve()
    scene.write(scene.news())
    scene.serve()
    assert [one.event["type"] for one in scene.courier.heard] == ["spot.webhook.challenge"]
    assert scene.webhook(webhook.id).reason == "the challenge was not answered: status 200"
    scene.courier.replies[URL] = echo
    scene.serve_for(3)
    assert scene.is_enabled(webhook)
    assert len(set(scene.heard())) == 1
    scene.write(scene.news("two"))
    scene.serve()
    assert scene.heard()[-1] == "incident-two-1"


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"challenge": 7}', '{"challenge": null}', "x", "[" * 1000])
def test_whatever_else_a_receiver_says_to_its_challenge_is_not_enough(scene: Scene, text: str) -> None:
    scene.courier.replies[URL] = Answer(200, text)
    webhook = scene.made(is_verified=False)
    scene.serve_for(VERIFY_SECONDS + 60)
    settled = scene.webhook(webhook.id)
    assert (settled.state, settled.challenge) == (WebhookState.UNVERIFIED, None)
    count = len(scene.courier.heard)
    scene.serve_for(100)
    assert len(scene.courier.heard) == count


def test_while_a_receiver_is_silent_nothing_overtakes_and_nothing_is_lost(scene: Scene) -> None:
    webhook = scene.made()
    scene.courier.replies[URL] = SILENT
    scene.write(scene.news("one"), scene.news("two"))
    scene.serve_for(5)
    scene.write(scene.news("one", 2, News.WITHDRAWN))
    scene.serve_for(60)
    assert set(scene.heard()) == {"incident-one-1"}
    assert scene.of(webhook)[0].response == "no answer within 10 s"
    del scene.courier.replies[URL]
    scene.courier.heard.clear()
    scene.serve_for(61)
    assert scene.heard() == ["incident-one-1", "incident-two-1", "incident-one-2"]
    assert (scene.webhook(webhook.id).failing_since, scene.webhook(webhook.id).failures) == (None, 0)


def test_a_receiver_that_trips_over_one_message_is_told_all_others(scene: Scene) -> None:
    scene.made()

    def trips(heard: Heard) -> Answer:
        return Answer(500, "oops") if heard.event["subject"] == "one" else Answer(200)

    scene.courier.replies[URL] = trips
    scene.write(scene.news("one"), scene.news("other"), scene.news("one", 2, News.WITHDRAWN), scene.news("third"))
    scene.serve()
    assert scene.heard() == ["incident-one-1", "incident-other-1", "incident-third-1"]
    del scene.courier.replies[URL]
    scene.courier.heard.clear()
    scene.serve_for(3)
    assert scene.heard() == ["incident-one-1", "incident-one-2"]


def test_a_deadline_is_not_told_after_it_is_over(scene: Scene) -> None:
    webhook = scene.made()
    scene.courier.replies[URL] = SILENT
    scene.write(scene.news("one"), scene.news("one", 2, News.TERMINATED))
    scene.serve_for(901)
    del scene.courier.replies[URL]
    scene.serve_for(61)
    first, last = scene.of(webhook)
    assert (first.state, last.state) == (DeliveryState.ABANDONED, DeliveryState.DELIVERED)
    assert first.tries > 3


def test_tries_grow_rarer(scene: Scene) -> None:
    scene.made()
    scene.courier.replies[URL] = SILENT
    scene.write(scene.news())
    scene.serve_for(300)
    assert 5 <= len(scene.courier.heard) <= 12


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_wants_to_be_left_alone_is(scene: Scene, status: int) -> None:
    webhook = scene.made()
    scene.courier.replies[URL] = Answer(status, "", retry_after=77)
    scene.write(scene.news("one"), scene.news("two"))
    scene.serve()
    assert scene.webhook(webhook.id).due_at == scene.clock.now() + 77
    scene.serve_for(77)
    assert len(scene.courier.heard) == 1
    scene.serve()
    assert len(scene.courier.heard) == 2


def test_a_url_that_leads_inside_is_no_answer(scene: Scene) -> None:
    webhook = scene.made()
    scene.courier.replies[URL] = BadUrl("The URL's host leads to an address that is not public.")
    scene.write(scene.news())
    scene.serve()
    assert scene.of(webhook)[0].response == "The URL's host leads to an address that is not public."
    assert scene.webhook(webhook.id).failures == 1


def test_a_receiver_that_is_gone_is_disabled_and_the_projects_others_are_told(scene: Scene) -> None:
    gone, other = scene.made(), scene.made(OTHER, {"event_types": ["spot.webhook.disabled"]})
    scene.made("https://theirs.example/", project="project-2")
    scene.courier.heard.clear()
    scene.courier.replies[URL] = Answer(410)
    scene.write(scene.news("one"), scene.news("two"))
    scene.serve_for(2)
    assert scene.webhook(gone.id).state is WebhookState.DISABLED
    assert [one.state for one in scene.of(gone)] == [DeliveryState.ABANDONED] * 2
    assert scene.heard() == ["incident-one-1"]
    (told,) = scene.of(other)
    assert scene.heard(OTHER) == [told.message.id]
    data = scene.courier.heard[-1].event["data"]
    assert data == {"webhook_id": gone.id, "name": "ours", "reason": "its receiver said 410: gone"}
    assert scene.heard("https://theirs.example/") == []


@pytest.mark.parametrize("reply", [SILENT, Answer(500)])
def test_a_receiver_that_keeps_failing_is_disabled_and_can_be_enabled_again(scene: Scene, reply: Answer) -> None:
    webhook, other = scene.made(), scene.made(OTHER, {"event_types": ["spot.webhook.disabled"]})
    scene.courier.replies[URL] = reply

    def is_disabled() -> bool:
        return not scene.is_enabled(webhook)

    for number in range(PATIENCE // 600 + 2):
        scene.write(scene.news(f"instance-{number}", 1, News.WITHDRAWN))
        scene.serve_for(600, is_disabled)
    assert is_disabled()
    reason = scene.webhook(webhook.id).reason
    assert reason.startswith("it has failed for ")
    scene.serve_for(2)
    assert [one.message.data["reason"] for one in scene.of(other)] == [reason]
    assert len(scene.heard(OTHER)) == 1
    del scene.courier.replies[URL]
    scene.webhooks.update(webhook.id, None, None, True)
    scene.courier.heard.clear()
    scene.write(scene.news("later"))
    scene.serve_for(2)
    assert (scene.is_enabled(webhook), scene.webhook(webhook.id).failing_since) == (True, None)
    assert [one.event["type"] for one in scene.courier.heard] == ["spot.webhook.challenge"]


def test_a_receiver_that_fails_now_and_then_is_never_disabled(scene: Scene) -> None:
    webhook = scene.made()
    for number in range(PATIENCE // 100):
        scene.courier.replies[URL] = Answer(500) if number % 2 else Answer(200)
        scene.write(scene.news(f"instance-{number}"))
        scene.serve_for(150)
    assert scene.is_enabled(webhook)


def test_all_are_signed_with_both_secrets_while_both_are_valid(scene: Scene) -> None:
    scene.clock.advance(SystemClock().now() - scene.clock.now())
    held, old = scene.webhooks.create("project-1", "ours", URL, [{}])
    scene.serve()
    _, new = scene.webhooks.rotate(held.webhook.id)
    scene.write(scene.news("one"))
    scene.serve()
    assert [_is_signed(scene, secret) for secret in (new, old)] == [True, True]
    scene.clock.advance(24 * 3600)
    scene.write(scene.news("two"))
    scene.serve()
    assert scene.courier.heard[-1].headers["Webhook-Signature"].count("v1,") == 1


def _is_signed(scene: Scene, secret: str) -> bool:
    last = scene.courier.heard[-1]
    return bool(Checked(secret).verify(last.body, dict(last.headers)))


def test_one_webhook_is_served_by_one_at_a_time(scene: Scene) -> None:
    scene.made()
    scene.write(scene.news("one"), scene.news("two"))
    met: list[int] = []

    def meets(_heard: Heard) -> Answer:
        met.append(len(scene.deliveries.waiting(10)))
        return Answer(200)

    scene.courier.replies[URL] = meets
    (webhook,) = [one for one in scene.store.webhooks if scene.sorting.sort()]
    assert scene.deliveries.serve(webhook) == 2
    assert scene.deliveries.serve(webhook) == 0
    assert met == [0, 0]


def test_what_takes_too_long_is_left_to_the_next_turn(scene: Scene) -> None:
    scene.made()
    scene.write(*[scene.news(f"instance-{number}") for number in range(AT_ONCE)])

    def slow(_heard: Heard) -> Answer:
        scene.clock.advance(9)
        return Answer(200)

    scene.courier.replies[URL] = slow
    assert scene.serve() == 2
    assert 9 * 2 + SPEAK_SECONDS <= HOLD_SECONDS
    assert scene.serve() == 2
    assert scene.heard() == sorted(set(scene.heard()), key=scene.heard().index)


def test_whoever_was_held_up_until_he_had_lost_the_webhook_writes_nothing_down(scene: Scene) -> None:
    webhook = scene.made()
    scene.write(scene.news())

    def stalls(_heard: Heard) -> Answer:
        scene.courier.replies[URL] = Answer(500)
        scene.clock.advance(HOLD_SECONDS)
        scene.serve()
        return Answer(200)

    scene.courier.replies[URL] = stalls
    scene.serve()
    assert [(one.status, one.tries) for one in scene.of(webhook)] == [(500, 1)]


@pytest.mark.parametrize("change", ["rename", "delete", "disable", "move", "rotate"])
def test_what_the_owner_does_while_his_receiver_is_spoken_to_stays_done(scene: Scene, change: str) -> None:
    webhook = scene.made()
    scene.write(scene.news())

    def meanwhile(_heard: Heard) -> Answer:
        match change:
            case "rename":
                scene.webhooks.update(webhook.id, "renamed", None, None)
            case "delete":
                scene.webhooks.delete(webhook.id)
            case "disable":
                scene.webhooks.update(webhook.id, None, None, False)
            case "move":
                scene.webhooks.update(webhook.id, None, OTHER, None)
            case "rotate":
                scene.webhooks.rotate(webhook.id)
        return Answer(200)

    scene.courier.replies[URL] = meanwhile
    scene.clock.advance(1)
    scene.serve()
    found = {one.id: one for one in scene.store.webhooks}.get(webhook.id)
    if change == "delete":
        assert (found, scene.store.deliveries) == (None, [])
        return
    assert found is not None
    (told,) = scene.of(webhook)
    expected = {"rename": "renamed", "disable": WebhookState.DISABLED, "move": OTHER}
    if change in expected:
        assert expected[change] in (found.name, found.state, found.url)
    if change in ("rename", "rotate"):
        assert (told.state, found.due_at, found.state) == (
            DeliveryState.DELIVERED,
            scene.clock.now(),
            WebhookState.ENABLED,
        )
    if change == "disable":
        assert told.state is DeliveryState.ABANDONED
    if change == "move":
        assert (told.state, found.state) == (DeliveryState.PENDING, WebhookState.UNVERIFIED)


def test_a_secret_that_cannot_be_opened_is_loud_and_loses_nothing(scene: Scene) -> None:
    webhook = scene.made()
    scene.write(scene.news())
    keys, scene.keyring = scene.keyring, FernetKeyring([NEWER])
    scene.new_process()
    assert Bearers(scene.deliveries, 4, lambda: None).turn() == 0
    scene.sorting.sort()
    assert Bearers(scene.deliveries, 4, lambda: None).turn() == 1
    assert scene.heard() == []
    scene.keyring = keys
    scene.new_process()
    scene.clock.advance(HOLD_SECONDS)
    scene.serve()
    assert [one.state for one in scene.of(webhook)] == [DeliveryState.DELIVERED]


class FragileCourier(FakeCourier):
    """The process may die before a request is heard, and before its answer is."""

    def __init__(self, fuse: Fuse) -> None:
        super().__init__()
        self._fuse = fuse

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        self._fuse.burn()
        answer = super().post(url, headers, body)
        self._fuse.burn()
        return answer


def play(fuse: Fuse, blows_at: int) -> int:
    """From letters to receivers, cut off once; how many places there were for it."""
    scene = Scene(FragileStore(fuse), FragileCourier(fuse))
    ours, other = scene.made(), scene.made(OTHER, {"instances": ["two"]})
    failing = iter([Answer(503), Answer(200), Answer(500)])
    scene.courier.replies[URL] = lambda _heard: next(failing, Answer(200))
    scene.write(scene.news("one"), scene.news("two"), scene.news("one", 2, News.WITHDRAWN))
    scene.courier.heard.clear()
    fuse.burnt, fuse.blows_at = 0, blows_at
    for _ in range(HOLD_SECONDS + 60):
        try:
            scene.serve()
        except Killed:
            scene.new_process()
        scene.clock.advance(1)
    fuse.blows_at = 0

    wanted = {"incident-one-1", "incident-two-1", "incident-one-2"}
    assert scene.store.letters == []
    assert {one.message.id for one in scene.of(ours)} == wanted
    assert {one.message.id for one in scene.of(other)} == {"incident-two-1"}
    assert {one.state for one in scene.store.deliveries} == {DeliveryState.DELIVERED}
    assert set(scene.heard()) == wanted
    assert set(scene.heard(OTHER)) == {"incident-two-1"}
    bodies = {(one.url, one.headers["Webhook-Id"], one.body) for one in scene.courier.heard}
    assert len(bodies) == 4
    first_heard = [one for one in dict.fromkeys(scene.heard()) if "one" in one]
    assert first_heard == sorted(first_heard)
    return fuse.burnt


def test_nothing_is_lost_and_the_order_is_kept_when_the_process_dies_at_any_effect_and_commit() -> None:
    places = play(Fuse(die), 0)
    assert places > 15
    for place in range(1, places + 1):
        play(Fuse(die), place)


def test_a_challenge_survives_a_death_at_any_place() -> None:
    for place in range(1, 9):
        fuse = Fuse(die)
        scene = Scene(FragileStore(fuse), FragileCourier(fuse))
        webhook = scene.made(is_verified=False)
        fuse.burnt, fuse.blows_at = 0, place
        for _ in range(HOLD_SECONDS + 5):
            try:
                scene.serve()
            except Killed:
                scene.new_process()
            scene.clock.advance(1)
        fuse.blows_at = 0
        assert scene.is_enabled(webhook)
        assert replace(scene.webhook(webhook.id), version=0).challenge is None
