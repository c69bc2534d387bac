# SPDX-License-Identifier: Apache-2.0
"""News of notices as versioned notifications, heard by oslo.messaging's own listener over its bus in memory."""

import json
import pathlib
import queue
import uuid
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import entry_points

import pytest
from oslo_config import cfg

from blazar_spot import wiring
from blazar_spot.adapters.announcements import Announcements, event_type, payload
from blazar_spot.conf import declared
from blazar_spot.core.errors import Permanent
from blazar_spot.core.events import Event, News
from blazar_spot.enforcement.bearers import Bearers
from blazar_spot.enforcement.post import Post
from blazar_spot.enforcement.sorting import Sorting
from blazar_spot.testing.lab import Lab
from tests.listening import Heard, listening
from tests.unit.adapters.test_fernet_keyring import KEY

PATIENCE = 20
SAMPLES = pathlib.Path(__file__).parents[3] / "doc" / "source" / "notifications"
NOON = 1_800_000_000
EVENT = Event(
    id="7d0c6a1e52f94b38a1c4e09f3b2d8675-1",
    news=News.SCHEDULED,
    at=NOON,
    incident="7d0c6a1e52f94b38a1c4e09f3b2d8675",
    revision=1,
    instance_id="3b1f6d0a-5a9e-4c0e-8f57-0d9e1c7a2b44",
    instance_name="training-7",
    project_id="9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a90",
    flavor="boost-preemptible-c8m12-gpu-1080-1",
    host="gpu-01",
    decided_at=NOON,
    deadline_at=NOON + 900,
)


@pytest.fixture
def conf() -> cfg.ConfigOpts:
    fresh = cfg.ConfigOpts()
    fresh([], default_config_files=[])
    return fresh


@pytest.fixture
def exchange() -> str:
    return uuid.uuid4().hex  # the bus in memory gives a new queue what others were told before


@pytest.fixture
def heard(conf: cfg.ConfigOpts, exchange: str) -> Iterator["queue.Queue[Heard]"]:
    with listening(conf, transport_url="fake://", exchange=exchange, topic="spot_notifications") as said:
        yield said


def test_a_listener_hears_what_has_become_of_a_notice(
    conf: cfg.ConfigOpts, exchange: str, heard: "queue.Queue[Heard]"
) -> None:
    Announcements(conf, transport_url="fake://", exchange=exchange, topic="spot_notifications").send(EVENT)
    told = heard.get(timeout=PATIENCE)
    assert told.publisher.startswith("blazar-spot-engine:")
    assert told.event_type == "spot.notice.scheduled"
    assert told.payload == payload(EVENT)
    assert told.timestamp == "2027-01-15 08:00:00"


def test_the_same_news_has_the_same_message_id(
    conf: cfg.ConfigOpts, exchange: str, heard: "queue.Queue[Heard]"
) -> None:
    speaker = Announcements(conf, transport_url="fake://", exchange=exchange, topic="spot_notifications")
    for event in (EVENT, EVENT, replace(EVENT, id="another-2")):
        speaker.send(event)
    ids = [heard.get(timeout=PATIENCE).message_id for _ in range(3)]
    assert ids[0] == ids[1] != ids[2]


def sample(news: News) -> Event:
    """What the documents show: a notice, and what may have become of it."""
    if news is News.SCHEDULED:
        return EVENT
    later = 600 if news is News.RESCHEDULED else 0
    event = replace(EVENT, id=f"{EVENT.incident}-2", revision=2, news=news, at=NOON + 60)
    if news is News.ACKNOWLEDGED:
        return replace(event, acknowledged_at=event.at, is_ready=True)
    return replace(event, deadline_at=event.deadline_at + later)


@pytest.mark.parametrize("news", list(News))
def test_the_documents_show_what_is_sent(news: News) -> None:
    event = sample(news)
    shown = json.loads((SAMPLES / f"{event_type(event)}.json").read_text())
    assert shown == {"event_type": event_type(event), "payload": payload(event)}


def configured(tmp_path: pathlib.Path, text: str) -> cfg.ConfigOpts:
    file = tmp_path / "blazar-spot.conf"
    file.write_text(f"[database]\nconnection = sqlite://\n{text}")
    conf = declared()
    conf([], default_config_files=[str(file)])
    return conf


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[channels]\nenabled = pigeon", "there is no channel 'pigeon'"),
        ("[channels]\nenabled = messaging", "needs transport_url in [messaging]"),
        (
            "[channels]\nenabled = messaging\n[messaging]\ntransport_url = pigeon://",
            "transport_url in [messaging] cannot be used",
        ),
    ],
)
def test_a_channel_that_cannot_be_is_said_at_the_start(tmp_path: pathlib.Path, text: str, sentence: str) -> None:
    conf = configured(tmp_path, text)
    with pytest.raises(Permanent, match=sentence.replace("[", r"\[")):
        wiring.posts(conf, Lab().whole)


def test_channels_are_found_by_their_names(tmp_path: pathlib.Path) -> None:
    both = "[channels]\nenabled = webhooks,messaging,webhooks\n"
    conf = configured(tmp_path, f"{both}[messaging]\ntransport_url = fake://\n[webhooks]\nencryption_keys = {KEY}")
    assert [type(one) for one in wiring.posts(conf, Lab().whole)] == [Post, Sorting, Bearers]


def test_every_channel_of_ours_is_an_entry_point_like_those_of_others() -> None:
    assert {one.name for one in entry_points(group=wiring.CHANNELS)} == {"messaging", "webhooks"}
