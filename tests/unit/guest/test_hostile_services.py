# SPDX-License-Identifier: Apache-2.0
"""spot-watch asks services that answer wrongly, slowly, without end or not at all: it is never sure of what was not
said, never waits longer than it may, and says the same of the same."""

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from blazar_spot.adapters.system_clock import Countdown
from blazar_spot.core.notice import KEYS
from tests.unit.guest.cloud import GuestsCloud, speaking
from tests.unit.guest.conftest import Guest

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
NOTICE = {"cloud_termination_scheduled_event_time": "1800000000", "cloud_termination_time": "1800000900"}
TRICKLE = [b"X"] * 400
HOSTILE: dict[str, tuple[list[bytes], str]] = {
    "nothing": ([], "does not speak HTTP"),
    "noise": ([b"\x00\xff" * 5000], "does not speak HTTP"),
    "another protocol": ([b"SSH-2.0-OpenSSH_9.2\r\n"], "does not speak HTTP"),
    "an endless header": ([b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000], "does not speak HTTP"),
    "endless headers": ([b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 10_000], "does not speak HTTP"),
    "no JSON": ([OK + b"\r\n<html>login</html>"], "does not answer with JSON"),
    "half of it": ([OK + b'Content-Length: 500\r\n\r\n{"uuid": "instance-a", "me'], "does not answer with JSON"),
    "no text": ([OK + b"\r\n\xff\xfe\xfd"], "does not answer with JSON"),
    "a list": ([OK + b"\r\n[]"], "does not answer with a JSON object"),
    "deep": ([OK + b"\r\n" + b"[" * 200_000], "does not answer with JSON"),
    "a large number": ([OK + b'\r\n{"meta": ' + b"9" * 100_000 + b"}"], "does not answer with JSON"),
    "too much": ([OK + b"\r\n" + b" " * 1_100_000 + b"{}"], "answers with too much"),
    "404": ([b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}"], "answers 404"),
    "500": ([b"HTTP/1.1 500 Oh\r\nContent-Length: 2\r\n\r\n{}"], "answers 500"),
    "204": ([b"HTTP/1.1 204 No Content\r\n\r\n"], "answers 204"),
    "wrong chunks": ([OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}"], "does not speak HTTP"),
    "continue without end": ([b"HTTP/1.1 100 Continue\r\n\r\n"] * 400, "did not answer within 1 seconds"),
    "headers that trickle": ([b"HTTP/1.1 200 OK\r\nX: ", *TRICKLE], "did not answer within 1 seconds"),
    "a body that trickles": ([OK + b"\r\n{", *[b" "] * 400], "did not answer within 1 seconds"),
}


@pytest.fixture
def quick(spot_watch: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """With the patience of a second."""
    monkeypatch.setattr(spot_watch, "ANSWER_SECONDS", 1)
    return spot_watch


def look(module: ModuleType, url: str) -> Any:
    return module.Metadata(url, "spot", module.Clock(module.Conditions())).look()


@pytest.mark.parametrize("name", HOSTILE)
def test_what_makes_no_sense_is_not_read_as_no_notice(quick: ModuleType, name: str) -> None:
    sent, expected = HOSTILE[name]
    countdown = Countdown(5)
    pause = 0.02 if len(sent) > 1 else 0
    with speaking(*sent, pause=pause) as url, pytest.raises(quick.Unreadable, match=expected):
        look(quick, url)
    assert countdown.left() > 0


def test_a_service_that_never_answers_is_not_waited_for(quick: ModuleType) -> None:
    with speaking(then_wait=True) as url, pytest.raises(quick.Unreadable, match="did not answer within 1 seconds"):
        look(quick, url)


def test_tls_that_trickles_is_cut_as_well(quick: ModuleType) -> None:
    with (
        speaking(b"\x16\x03\x03\x40\x00", *TRICKLE, pause=0.02) as url,
        pytest.raises(quick.Unreadable, match="did not answer within 1 seconds"),
    ):
        look(quick, url.replace("http:", "https:"))


def test_a_certificate_that_nobody_vouches_for_is_named_once_and_for_all(quick: ModuleType) -> None:
    with speaking(b"no TLS at all\r\n") as url, pytest.raises(quick.Unreadable) as told:
        look(quick, url.replace("http:", "https:"))
    assert "0x" not in str(told.value)


def test_a_redirect_is_not_followed(quick: ModuleType, cloud: GuestsCloud) -> None:
    moved = f"HTTP/1.1 302 Found\r\nLocation: {cloud.metadata_url}/meta_data.json\r\nContent-Length: 0\r\n\r\n"
    with speaking(moved.encode()) as url, pytest.raises(quick.Unreadable, match="answers 302"):
        look(quick, url)
    assert cloud.asked == []


def test_a_service_that_is_away_is_unreadable(quick: ModuleType) -> None:
    with pytest.raises(quick.Unreadable, match="cannot be reached: Connection refused"):
        look(quick, "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "keys",
    [
        NOTICE | {"cloud_termination_time": value}
        for value in ["", "soon", "-1", "1e9", " 1800000900", "18000009000000", "१८००००", None, 7, [], "1800000900\n"]
    ]
    + [{"cloud_termination_time": "1800000900"}],
)
def test_keys_that_make_no_sense_are_neither_a_notice_nor_none(
    quick: ModuleType, cloud: GuestsCloud, keys: dict[str, Any]
) -> None:
    cloud.meta = keys
    with pytest.raises(quick.Unreadable, match="shows a notice that makes no sense"):
        look(quick, cloud.metadata_url)


def test_what_is_left_while_a_notice_is_taken_away_is_none(quick: ModuleType, cloud: GuestsCloud) -> None:
    cloud.meta = {key: NOTICE[key] for key in KEYS[1:]}
    assert look(quick, cloud.metadata_url).notice is None


def test_the_vendordata_are_believed_before_the_metadata_that_a_tenant_may_write(
    quick: ModuleType, cloud: GuestsCloud
) -> None:
    event = {"id": "incident", "revision": 3}
    cloud.meta = NOTICE | {"cloud_termination_time": "99999999999"}
    cloud.vendordata["spot"] = NOTICE | {"event": event}
    assert look(quick, cloud.metadata_url).notice == quick.Notice(1_800_000_000, 1_800_000_900, "incident", 3)


@pytest.mark.parametrize(
    "event", [None, [], {}, {"id": 7}, {"id": "../../v3/users"}, {"id": "a\x00b"}, {"id": "", "revision": "3"}]
)
def test_an_event_that_makes_no_sense_does_not_hide_the_notice(
    quick: ModuleType, cloud: GuestsCloud, event: Any
) -> None:
    cloud.vendordata["spot"] = NOTICE | {"event": event}
    assert look(quick, cloud.metadata_url).notice == quick.Notice(1_800_000_000, 1_800_000_900)


@pytest.mark.parametrize("vendordata", [{}, {"spot": None}, {"spot": {}}, {"spot": []}, {"other": NOTICE}])
def test_vendordata_that_say_nothing_leave_it_to_the_metadata(
    quick: ModuleType, cloud: GuestsCloud, vendordata: dict[str, Any]
) -> None:
    cloud.vendordata = vendordata
    assert look(quick, cloud.metadata_url).notice is None
    cloud.meta = NOTICE
    assert look(quick, cloud.metadata_url).notice == quick.Notice(1_800_000_000, 1_800_000_900)


@pytest.mark.parametrize("meta", [None, [], "text", {}, {"other": "key"}])
def test_a_server_without_metadata_has_no_notice(quick: ModuleType, cloud: GuestsCloud, meta: Any) -> None:
    cloud.meta = meta
    assert look(quick, cloud.metadata_url).notice is None


@pytest.fixture
def lying(quick: ModuleType) -> Iterator[Any]:
    """An API that says this instead of events."""
    with GuestsCloud().served() as cloud:

        def asked(content: Any) -> Any:
            sent = OK + b"\r\n" + json.dumps(content).encode()
            with speaking(sent) as url:
                credential = quick.Credential({"OS_TOKEN": "token"})
                clock = quick.Clock(quick.Conditions())
                metadata = quick.Metadata(cloud.metadata_url, "spot", clock)
                return quick.Events(url, credential, "", metadata, clock).look()

        yield asked


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"events": {}},
        {"events": [7]},
        {"events": [{"instance_id": "instance-a"}]},
        {"events": [{"instance_id": "instance-a", "decided_at": "now", "not_before": "later"}]},
        {"events": [{"instance_id": "instance-a", "decided_at": 7, "not_before": None}]},
    ],
)
def test_an_api_that_makes_no_sense_is_not_read_as_no_notice(quick: ModuleType, lying: Any, content: Any) -> None:
    with pytest.raises(quick.Unreadable):
        lying(content)


def test_events_of_other_instances_are_none_of_ours(lying: Any) -> None:
    other = {"instance_id": "b", "decided_at": "2027-01-15T08:00:00Z", "not_before": "2027-01-15T08:15:00Z"}
    assert lying({"events": [other]}).notice is None


def test_a_service_that_fails_is_asked_less_and_less_and_never_in_step(spot_watch: ModuleType) -> None:
    eyes = spot_watch.Eyes([], spot_watch.Conditions(), 15)
    pauses = []
    for _ in range(6):
        assert eyes.look() is None
        pauses.append([eyes.pause(None, 0) for _ in range(50)])
    assert all(24 <= pause <= 36 for pause in pauses[0])
    assert all(48 <= pause <= 72 for pause in pauses[5])
    assert len(set(pauses[5])) > 10


def test_an_api_that_never_waits_is_not_asked_without_end(spot_watch: ModuleType) -> None:
    eyes = spot_watch.Eyes([], spot_watch.Conditions(), 15)
    told = spot_watch.Reading("instance-a", None, may_be_old=False)
    pauses = [eyes.pause(told, lasted) for lasted in (50, 0, 0, 0, 0, 0, 0, 50)]
    usual = [0.5, 1, 2, 4, 8, 15, 15, 0.5]
    assert all(0.8 * one <= pause <= 1.2 * one for pause, one in zip(pauses, usual, strict=True))


@pytest.mark.parametrize("skew", [-7200, -60, 60, 7200])
def test_a_guest_whose_clock_is_wrong_goes_by_the_clouds(spot_watch: ModuleType, cloud: GuestsCloud, skew: int) -> None:
    cloud.skew = skew
    clock = spot_watch.Clock(spot_watch.Conditions())
    spot_watch.Metadata(cloud.metadata_url, "spot", clock).look()
    assert abs(clock.now() - (cloud.clock.now() + skew)) < 3


@pytest.mark.parametrize("date", [None, "", "yesterday", "Mon, 99 Foo 2026", "\x00", "Fri, 31 Dec 99999 00:00:00 GMT"])
def test_a_senseless_date_is_no_date(spot_watch: ModuleType, cloud: GuestsCloud, date: str | None) -> None:
    clock = spot_watch.Clock(spot_watch.Conditions())
    clock.set(date)
    assert abs(clock.now() - cloud.clock.now()) < 3


def test_the_date_of_an_answer_that_makes_no_sense_is_not_taken(quick: ModuleType, cloud: GuestsCloud) -> None:
    clock = quick.Clock(quick.Conditions())
    with (
        speaking(OK + b"Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n\r\n[]") as url,
        pytest.raises(quick.Unreadable),
    ):
        quick.Metadata(url, "spot", clock).look()
    assert abs(clock.now() - cloud.clock.now()) < 3


def test_hooks_are_told_of_the_end_by_the_clouds_clock(guest: Guest, cloud: GuestsCloud) -> None:
    guest.hook(say="$SPOT_SECONDS_LEFT")
    cloud.skew = 3600
    cloud.schedule(3600 + 300)
    assert guest.run("--once").returncode == 0
    [line] = guest.told
    assert 290 <= int(line.split()[-1]) <= 301
    assert "This machine's clock is behind the cloud's, which is used instead" in guest.said
