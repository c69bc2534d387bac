# SPDX-License-Identifier: Apache-2.0
"""Posting to strangers: nothing that they do keeps the caller, and nothing leads it where it may not go."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from blazar_spot.adapters.destinations import Rules
from blazar_spot.adapters.guard import MOST_BYTES
from blazar_spot.adapters.http_courier import EXCERPT_BYTES, HttpCourier
from blazar_spot.adapters.system_clock import Countdown
from blazar_spot.core.deliveries import Answer
from blazar_spot.core.errors import BadUrl, Unreachable
from blazar_spot.testing.clock import FakeClock
from tests.unit.adapters.receivers import NAME, Manner, Receiver, Visit, answers, certificate, listening, tls_of

SECONDS = 1
LENIENT_SECONDS = 30
LOOPBACK = Rules(allow_http=True, ports=frozenset(), allowed=(ip_network("127.0.0.1/32"),))
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def posting() -> Callable[[Receiver], Answer]:
    courier = HttpCourier(LOOPBACK, FakeClock(), SECONDS)
    return lambda receiver: courier.post(f"http://127.0.0.1:{receiver.port}/hook?a=b", {"X-Mine": "yes"}, b"news")


def resolving(*answers: Sequence[str]) -> Callable[..., Sequence[tuple[Any, ...]]]:
    """A resolver that gives these addresses, one answer after the other, and then the last one again."""
    left = list(answers)

    def resolve(_host: str, port: int, **_: Any) -> Sequence[tuple[Any, ...]]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    return resolve


def silent(visit: Visit) -> None:
    visit.heard()
    visit.is_over.wait()


def drips_its_headers(visit: Visit) -> None:
    visit.heard()
    visit.say(OK)
    visit.endlessly(b"X-More: x\r\n", 0.05)


def has_endless_headers(visit: Visit) -> None:
    visit.heard()
    visit.say(OK)
    visit.endlessly(b"X-More: " + b"x" * 1000 + b"\r\n")


def has_one_endless_header(visit: Visit) -> None:
    visit.heard()
    visit.say(OK + b"X-More: ")
    visit.endlessly(b"x" * 1000)


def always_continues(visit: Visit) -> None:
    visit.heard()
    visit.endlessly(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def closes_at_once(_visit: Visit) -> None:
    pass


def closes_after_hearing(visit: Visit) -> None:
    visit.heard()


def closes_within_its_headers(visit: Visit) -> None:
    visit.heard()
    visit.say(OK + b"Content-Le")


def speaks_no_http(visit: Visit) -> None:
    visit.heard()
    visit.say(b"220 mail ready\r\n\x00\x1b[31m\r\n")


def sends_an_endless_body(visit: Visit) -> None:
    visit.heard()
    visit.say(OK + b"\r\n")
    visit.endlessly(b"x" * 4096)


def drips_its_body(visit: Visit) -> None:
    visit.heard()
    visit.say(OK + b"Content-Length: 1000000\r\n\r\n")
    visit.endlessly(b"x", 0.05)


def closes_within_its_body(visit: Visit) -> None:
    visit.heard()
    visit.say(OK + b"Content-Length: 10\r\n\r\nabc")


def lies_about_its_length(visit: Visit) -> None:
    visit.heard()
    visit.say(OK + b"Content-Length: 3\r\n\r\nabcdefgh")


def hangs_in_its_body(visit: Visit) -> None:
    visit.heard()
    visit.say(OK + b"Content-Length: 10\r\n\r\nabc")
    visit.is_over.wait()


@pytest.mark.parametrize(
    "manner",
    [
        silent,
        drips_its_headers,
        has_endless_headers,
        has_one_endless_header,
        always_continues,
        closes_at_once,
        closes_after_hearing,
        closes_within_its_headers,
        speaks_no_http,
    ],
)
def test_whoever_gives_no_answer_is_unreachable_in_time(posting, manner: Manner) -> None:  # type: ignore[no-untyped-def]
    countdown = Countdown(SECONDS + LENIENT_SECONDS)
    with listening(manner) as receiver, pytest.raises(Unreachable) as failure:
        posting(receiver)
    assert countdown.left() > LENIENT_SECONDS / 2
    assert str(failure.value).isprintable()


@pytest.mark.parametrize(
    ("manner", "excerpt"),
    [
        (sends_an_endless_body, "x" * EXCERPT_BYTES),
        (closes_within_its_body, "abc"),
        (lies_about_its_length, "abc"),
        (hangs_in_its_body, "abc"),
    ],
)
def test_a_status_is_an_answer_whatever_becomes_of_the_body(posting, manner: Manner, excerpt: str) -> None:  # type: ignore[no-untyped-def]
    countdown = Countdown(SECONDS + LENIENT_SECONDS)
    with listening(manner) as receiver:
        answer = posting(receiver)
    assert (answer.status, answer.excerpt, answer.is_good) == (200, excerpt, True)
    assert countdown.left() > LENIENT_SECONDS / 2


def test_a_body_that_drips_is_not_waited_for(posting) -> None:  # type: ignore[no-untyped-def]
    countdown = Countdown(SECONDS + LENIENT_SECONDS)
    with listening(drips_its_body) as receiver:
        assert posting(receiver).status == 200
    assert countdown.left() > LENIENT_SECONDS / 2


def test_no_more_is_read_than_a_few_kilobytes(posting) -> None:  # type: ignore[no-untyped-def]
    said: list[int] = []

    def counts(visit: Visit) -> None:
        visit.heard()
        visit.say(OK + b"\r\n")
        visit.connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        try:
            for _ in range(100_000):
                visit.say(b"x" * 4096)
                said.append(4096)
        except OSError:
            visit.is_over.set()

    with listening(counts) as receiver:
        posting(receiver)
    assert MOST_BYTES < 100_000 * 4096
    assert sum(said) < 100_000 * 4096


@pytest.mark.parametrize(
    ("status", "headers", "is_good", "retry_after"),
    [
        ("202 Accepted", (), True, None),
        ("410 Gone", (), False, None),
        ("429 Too Many Requests", ("Retry-After: 17",), False, 17),
        ("503 Busy", ("Retry-After: Fri, 15 Jan 2027 08:00:30 GMT",), False, 30),
        ("503 Busy", ("Retry-After: Fri, 15 Jan 2027 07:00:00 GMT",), False, 0),
        ("503 Busy", ("Retry-After: 99999999999999999999",), False, 3600),
        ("503 Busy", ("Retry-After: soon",), False, None),
        ("503 Busy", ("Retry-After: -5",), False, None),
        ("500 Oops", (), False, None),
        ("404 Not Found", (), False, None),
    ],
)
def test_an_answer_is_brought_back_as_it_is(
    posting: Callable[[Receiver], Answer], status: str, headers: tuple[str, ...], is_good: bool, retry_after: int | None
) -> None:
    with listening(answers(status, b"said\x00\x1b", *headers)) as receiver:
        answer = posting(receiver)
    assert (answer.status, answer.is_good, answer.retry_after) == (int(status[:3]), is_good, retry_after)
    assert answer.excerpt == "said\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(posting: Callable[[Receiver], Answer], status: int) -> None:
    with listening(answers("200 OK")) as other:
        to = f"Location: http://127.0.0.1:{other.port}/"
        with listening(answers(f"{status} Elsewhere", b"", to)) as receiver:
            answer = posting(receiver)
    assert (answer.status, answer.is_good, other.requests) == (status, False, [])


def test_the_receiver_hears_the_url_the_headers_and_the_body(posting: Callable[[Receiver], Answer]) -> None:
    with listening(answers("200 OK")) as receiver:
        posting(receiver)
    head, _, body = receiver.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook?a=b HTTP/1.1"
    assert f"Host: 127.0.0.1:{receiver.port}" in lines
    assert "X-Mine: yes" in lines
    assert body == b"news"


def test_nobody_there_is_unreachable(posting: Callable[[Receiver], Answer]) -> None:
    with listening(answers("200 OK")) as receiver:
        pass
    with pytest.raises(Unreachable):
        posting(receiver)


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["127.0.0.1", "169.254.169.254"], ["::ffff:127.0.0.1"], ["::1"]])
def test_a_name_that_leads_inside_is_refused_and_does_not_say_where(addresses: list[str]) -> None:
    courier = HttpCourier(LOOPBACK, FakeClock(), SECONDS, resolve=resolving(addresses))
    with listening(answers("200 OK")) as receiver, pytest.raises(BadUrl) as refusal:
        courier.post(f"http://{NAME}:{receiver.port}/", {}, b"")
    assert receiver.requests == []
    assert not any(address in str(refusal.value) for address in addresses)


def test_the_machines_own_names_are_refused_by_what_its_resolver_says() -> None:
    rules = Rules(allow_http=True, ports=frozenset())
    with listening(answers("200 OK")) as receiver, pytest.raises(BadUrl):
        HttpCourier(rules, FakeClock(), LENIENT_SECONDS).post(f"http://localhost:{receiver.port}/", {}, b"")
    assert receiver.requests == []


def test_a_name_that_leads_elsewhere_the_second_time_gains_nothing() -> None:
    courier = HttpCourier(LOOPBACK, FakeClock(), SECONDS, resolve=resolving(["127.0.0.1"], ["127.0.0.2"]))
    with listening(answers("200 OK"), address="0.0.0.0") as receiver:
        url = f"http://{NAME}:{receiver.port}/"
        assert courier.post(url, {}, b"first").status == 200
        with pytest.raises(BadUrl):
            courier.post(url, {}, b"second")
    assert [request[-5:] for request in receiver.requests] == [b"first"]


def test_an_address_that_refuses_is_followed_by_the_next_one() -> None:
    rules = Rules(allow_http=True, ports=frozenset(), allowed=(ip_network("127.0.0.0/8"),))
    courier = HttpCourier(rules, FakeClock(), SECONDS, resolve=resolving(["127.0.0.3", "127.0.0.1"]))
    with listening(answers("200 OK")) as receiver:
        assert courier.post(f"http://{NAME}:{receiver.port}/", {}, b"").status == 200


def test_a_name_that_cannot_be_resolved_is_unreachable() -> None:
    def refuse(*_: Any, **__: Any) -> Sequence[tuple[Any, ...]]:
        raise socket.gaierror("no such name")

    with pytest.raises(Unreachable):
        HttpCourier(LOOPBACK, FakeClock(), SECONDS, resolve=refuse).post(f"http://{NAME}/", {}, b"")
    with pytest.raises(Unreachable):
        HttpCourier(LOOPBACK, FakeClock(), SECONDS, resolve=resolving([])).post(f"http://{NAME}/", {}, b"")


def test_a_resolver_that_hangs_is_not_waited_for() -> None:
    let = threading.Event()

    def hang(*_: Any, **__: Any) -> Sequence[tuple[Any, ...]]:
        let.wait()
        return []

    countdown = Countdown(SECONDS + LENIENT_SECONDS)
    try:
        with pytest.raises(Unreachable):
            HttpCourier(LOOPBACK, FakeClock(), SECONDS, resolve=hang).post(f"http://{NAME}/", {}, b"")
    finally:
        let.set()
    assert countdown.left() > LENIENT_SECONDS / 2


def test_checking_asks_nobody() -> None:
    courier = HttpCourier(Rules(), FakeClock(), SECONDS, resolve=resolving(["127.0.0.1"]))
    courier.check(f"https://{NAME}/")
    with pytest.raises(BadUrl):
        courier.check("https://127.0.0.1/")


class TestTls:
    """Over TLS, with an authority of the operator's."""

    @pytest.fixture
    def pem(self, tmp_path: Path) -> Path:
        return certificate(tmp_path)

    @pytest.fixture
    def receiver(self, pem: Path) -> Iterator[Receiver]:
        with listening(answers("200 OK", b"fine"), tls_of(pem)) as receiver:
            yield receiver

    def courier(self, pem: Path | None, rules: Rules = LOOPBACK) -> HttpCourier:
        tls = ssl.create_default_context(cafile=pem)
        return HttpCourier(rules, FakeClock(), SECONDS, tls, resolving(["127.0.0.1"]))

    def test_a_receiver_on_the_allow_list_is_told(self, pem: Path, receiver: Receiver) -> None:
        for host in (NAME, "127.0.0.1"):
            answer = self.courier(pem).post(f"https://{host}:{receiver.port}/", {}, b"news")
            assert (answer.status, answer.excerpt) == (200, "fine")

    def test_a_receiver_that_is_not_on_it_hears_nothing(self, pem: Path, receiver: Receiver) -> None:
        with pytest.raises(BadUrl):
            self.courier(pem, Rules(ports=frozenset())).post(f"https://{NAME}:{receiver.port}/", {}, b"news")
        assert receiver.requests == []

    def test_another_name_than_the_certificates_is_not_trusted(self, pem: Path, receiver: Receiver) -> None:
        with pytest.raises(Unreachable):
            self.courier(pem).post(f"https://other.test:{receiver.port}/", {}, b"news")
        assert receiver.requests == []

    def test_an_unknown_authority_is_not_trusted(self, receiver: Receiver) -> None:
        with pytest.raises(Unreachable):
            self.courier(None).post(f"https://{NAME}:{receiver.port}/", {}, b"news")
        assert receiver.requests == []

    def test_a_handshake_that_hangs_is_not_waited_for(self, pem: Path) -> None:
        countdown = Countdown(SECONDS + LENIENT_SECONDS)
        with listening(lambda visit: visit.endlessly(b"", 0.1)) as receiver, pytest.raises(Unreachable):
            self.courier(pem).post(f"https://{NAME}:{receiver.port}/", {}, b"news")
        assert countdown.left() > LENIENT_SECONDS / 2
