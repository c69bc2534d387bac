# SPDX-License-Identifier: Apache-2.0
"""Letters become deliveries for those who want them, each exactly once."""

from dataclasses import replace

import pytest

from blazar_spot.core.events import News
from blazar_spot.enforcement.sorting import LETTERS_AT_ONCE, Sorting
from tests.contract.store import INSTANCE
from tests.unit.enforcement.webhook_scene import Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_only_the_webhooks_of_the_events_own_project_are_told(scene: Scene) -> None:
    ours, theirs = scene.made(), scene.made("https://other.example/", project="project-2")
    scene.write(
        scene.news("one"), scene.news("two", project_id="project-2"), scene.news("three", project_id="project-3")
    )
    assert scene.sorting.sort() == 3
    assert [one.message.id for one in scene.of(ours)] == ["incident-one-1"]
    assert [one.message.id for one in scene.of(theirs)] == ["incident-two-1"]
    assert scene.store.letters == []


def test_filters_decide_who_is_told(scene: Scene) -> None:
    with scene.store.begin() as work:
        work.put_instances([replace(INSTANCE, id="tagged", tags=("blue",)), replace(INSTANCE, id="plain")])
    by_tag = scene.made("https://tag.example/", {"tags": ["blue"]})
    by_type = scene.made("https://type.example/", {"event_types": ["spot.notice.withdrawn"]}, {"instances": ["plain"]})
    nobodys = scene.made("https://nothing.example/", {"flavors": ["unknown"]})
    scene.write(scene.news("tagged"), scene.news("plain"), scene.news("tagged", 2, News.WITHDRAWN))
    scene.sorting.sort()
    assert [one.message.id for one in scene.of(by_tag)] == ["incident-tagged-1", "incident-tagged-2"]
    assert [one.message.id for one in scene.of(by_type)] == ["incident-plain-1", "incident-tagged-2"]
    assert scene.of(nobodys) == []


def test_a_webhook_without_a_subscription_or_not_verified_is_told_nothing(scene: Scene) -> None:
    scene.made("https://new.example/", is_verified=False)
    held, _ = scene.webhooks.create("project-1", "asks for nothing", "https://none.example/", [])
    scene.write(scene.news())
    assert scene.sorting.sort() == 1
    assert scene.store.deliveries == []
    assert held.subscriptions == ()


def test_nobody_is_woken_for_nothing(scene: Scene) -> None:
    woken: list[None] = []
    sorting = Sorting(scene.store, lambda: woken.append(None))
    scene.write(scene.news("one"))
    assert (sorting.sort(), woken) == (1, [])
    scene.made()
    scene.write(scene.news("two"))
    assert (sorting.sort(), woken) == (1, [None])
    assert (sorting.sort(), woken) == (0, [None])


def test_many_are_sorted_some_at_a_time(scene: Scene) -> None:
    webhook = scene.made()
    scene.write(*[scene.news(f"instance-{number}") for number in range(LETTERS_AT_ONCE + 20)])
    assert [scene.sorting.sort() for _ in range(3)] == [LETTERS_AT_ONCE, 20, 0]
    assert len(scene.of(webhook)) == LETTERS_AT_ONCE + 20


def test_a_database_that_is_down_does_not_end_the_sorting(scene: Scene) -> None:
    webhook = scene.made()
    scene.write(scene.news())
    scene.store.is_down = True
    pauses = iter([False, False, True])

    def pause(_seconds: float) -> bool:
        scene.store.is_down = False
        return next(pauses)

    scene.sorting.run(pause)
    assert len(scene.of(webhook)) == 1
