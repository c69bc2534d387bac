#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""spot-watch: runs a spot instance's own hooks when the cloud has said that the instance has to end.

It is one file for guests of any age: Python 3.8, the standard library, nothing else. It reads the notice from the
metadata service or, with --api, waits for news at the API of blazar-spot, and never takes "could not be read" for
"there is no notice". Each hook is run once for each piece of news, also if this program is restarted. Hooks run beside
each other and beside the looking, so neither a hook nor a service that hangs holds up anything else.

One thread looks, one for each hook waits for it, and the main thread decides: what the others have to say they put
into its inbox. Start reading at ``Watcher``; what is taken for news is decided in ``State.learn``.

Exit status: 0 done, and with --check no notice; 1 (--check) there is a notice; 2 cannot start; 3 the notice could not
be read; 4 (--once) a hook has failed, or the acknowledgement.
"""

from __future__ import annotations

import argparse
import fcntl
import http.client
import json
import logging
import os
import queue
import random
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LOG = logging.getLogger("spot-watch")

METADATA = "http://169.254.169.254/openstack/latest"
SCHEDULED_KEY = "cloud_termination_scheduled_event_time"
TERMINATION_KEY = "cloud_termination_time"
SCHEDULED, RESCHEDULED, WITHDRAWN, IMMINENT = "scheduled", "rescheduled", "withdrawn", "imminent"

DONE, NOTICED, UNREADABLE, FAILED = 0, 1, 3, 4  # 2 is argparse's

LARGEST_ANSWER = 1024 * 1024
ANSWER_SECONDS = 10
"""How long an answer may take in all, however slowly it trickles."""
WAIT_SECONDS = 50
"""How long the API may wait for news before it answers."""
LONGEST_PAUSE = 60
SETTLE_SECONDS = 30
"""Nova's metadata services keep answers for 15 seconds, each for itself: what would take a notice back is believed
only after it was shown for longer than that."""
KILL_SECONDS = 5
"""Between asking a hook to end and ending it."""
TOLERATED_SKEW = 5
IDENTIFIER = re.compile(r"[A-Za-z0-9_-]{1,255}")
HOOK_NAME = re.compile(r"[A-Za-z0-9_-]+(\.(sh|py))?")
"""No backups and no leftovers of package managers, as with run-parts."""


class Unreadable(Exception):
    """There may be a notice or not: nobody has said so. The text is the same each time that the cause is the same."""


class Refused(Exception):
    """The API has answered, and to ask the same again is useless."""


# What is known


@dataclass(frozen=True)
class Notice:
    """What has to end when. An instance has one at a time, so the instant of the decision tells them apart."""

    decided_at: int
    deadline_at: int
    event_id: str = ""  # this and the revision are not in the server's metadata
    revision: int = 0


@dataclass(frozen=True)
class Reading:
    """What one look has shown."""

    instance_id: str
    notice: Notice | None
    may_be_old: bool


@dataclass
class Run:
    """How far one hook is with one piece of news."""

    tries: int = 0
    is_done: bool = False
    next_at: float = 0  # by the monotonic clock


@dataclass
class State:
    """All that has to outlive a restart. ``edition`` is raised with each piece of news."""

    instance_id: str = ""
    notice: Notice | None = None
    news: str = ""
    edition: int = 0
    runs: dict[str, Run] = field(default_factory=dict)
    is_acknowledged: bool = False
    is_of_the_api: bool = False
    doubt: str = ""
    doubted_since: float = 0

    @property
    def is_open(self) -> bool:
        return self.news in (SCHEDULED, RESCHEDULED)

    def run(self, hook: str, news: str) -> Run:
        return self.runs.setdefault(f"{hook} {news}", Run())

    def learn(self, reading: Reading, now: float) -> str:
        """Take in what was read; the news in it, or nothing."""
        new, old = reading.notice, self.notice
        if new is None and reading.may_be_old and self.is_of_the_api:
            return ""  # perhaps Nova could not write it there: only who has said it takes it back
        news = self._news_in(new)
        if news and reading.may_be_old and self._goes_back(new) and not self._is_settled(new, now):
            return ""
        self.doubt = ""
        is_same = new is not None and old is not None and new.decided_at == old.decided_at
        if new is not None and old is not None and is_same and not new.event_id:
            new = replace(new, event_id=old.event_id, revision=old.revision)
        self.notice = new or old
        self.is_of_the_api = new is not None and (self.is_of_the_api or not reading.may_be_old)
        if news:
            self.news, self.runs, self.edition = news, {}, self.edition + 1
            self.is_acknowledged = self.is_acknowledged and is_same
        return news

    def _news_in(self, new: Notice | None) -> str:
        """What it would be if it is to be believed."""
        if new is None:
            return WITHDRAWN if self.is_open else ""
        if self.notice is None or not self.is_open or new.decided_at != self.notice.decided_at:
            return SCHEDULED
        return RESCHEDULED if new.deadline_at != self.notice.deadline_at else ""

    def _goes_back(self, new: Notice | None) -> bool:
        """Whether this may be an answer from before what is known: deadlines only move later, and notices end once."""
        if self.notice is None:
            return False
        if new is None or new.decided_at != self.notice.decided_at:
            return new is None or new.decided_at < self.notice.decided_at
        return not self.is_open or new.deadline_at < self.notice.deadline_at

    def _is_settled(self, new: Notice | None, now: float) -> bool:
        seen = "none" if new is None else f"{new.decided_at}-{new.deadline_at}"
        if seen != self.doubt or now < self.doubted_since:
            self.doubt, self.doubted_since = seen, now
        return now - self.doubted_since >= SETTLE_SECONDS

    @staticmethod
    def parsed(text: str) -> State:
        """What ``StateFile`` has written; pauses do not outlive the clock that they were measured by."""
        found = json.loads(text)
        notice = found.pop("notice")
        runs = {name: Run(int(run["tries"]), bool(run["is_done"])) for name, run in found.pop("runs").items()}
        state = State(notice=None if notice is None else Notice(**notice), runs=runs, **found)
        if state.is_open and state.notice is None:
            raise ValueError("no notice")
        return state


class StateFile:
    """Where the state is kept. A disk that is full or broken does not keep a hook from being run."""

    def __init__(self, path: Path, conditions: Conditions) -> None:
        self._path = path
        self._conditions = conditions
        self._lock: Any = None

    def lock(self) -> None:
        """BlockingIOError if another watcher has it."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = open(f"{self._path}.lock", "w")  # noqa: SIM115 - held as long as this program runs
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError as error:
            self._conditions.note("state", f"{self._path} cannot be locked: {error.strerror}")

    def read(self) -> State:
        try:
            return State.parsed(self._path.read_text())
        except FileNotFoundError:
            return State()
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            self._conditions.note("state", f"{self._path} cannot be read: beginning anew")
            return State()

    def write(self, state: State) -> None:
        """All of it or nothing, whatever happens to the machine."""
        fresh = f"{self._path}.new"
        try:
            with open(fresh, "w") as file:
                json.dump(asdict(state), file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self._path)
        except OSError as error:
            self._conditions.note("state", f"{self._path} cannot be written, hooks may run again: {error.strerror}")
        else:
            self._conditions.note("state", f"{self._path} is written again", is_good=True)


class Conditions:
    """Says a condition once: when it begins, when it changes, and when it is over."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def note(self, topic: str, text: str, *, is_good: bool = False) -> None:
        if self._last.get(topic, "" if is_good else None) != ("" if is_good else text):
            LOG.log(logging.INFO if is_good else logging.WARNING, text)
        self._last[topic] = "" if is_good else text


class Clock:
    """The cloud's time. Deadlines are instants of its clock, and this machine's own may be wrong or set anew."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._ahead: float | None = None

    def set(self, date: str | None) -> None:
        """By the Date of an answer; one that has none or a senseless one changes nothing."""
        try:
            told = parsedate_to_datetime(date or "").timestamp() + 0.5
        except (TypeError, ValueError, IndexError, OverflowError):
            return
        self._ahead = told - time.monotonic()
        skew = time.time() - told
        if abs(skew) > TOLERATED_SKEW:
            way = "ahead of" if skew > 0 else "behind"
            self._conditions.note("clock", f"This machine's clock is {way} the cloud's, which is used instead")
        else:
            self._conditions.note("clock", "This machine's clock is right", is_good=True)

    def now(self) -> float:
        return time.time() if self._ahead is None else time.monotonic() + self._ahead


# How it is read


@dataclass(frozen=True)
class Answer:
    """Of an HTTP server."""

    status: int
    headers: Any
    body: bytes

    def document(self) -> dict[str, Any]:
        """The JSON object in it."""
        if self.status != 200:
            raise Unreadable(f"answers {self.status}")
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unreadable("does not answer with JSON") from None
        if not isinstance(found, dict):
            raise Unreadable("does not answer with a JSON object")
        return found


class Line:
    """A connection that is cut when its time is up. A socket's own timeout begins anew with each byte."""

    def __init__(self, parts: SplitResult, seconds: float) -> None:
        self._parts = parts
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._alarm = threading.Timer(seconds, self._cut)
        self._alarm.daemon = True
        self.is_cut = threading.Event()

    def __enter__(self) -> http.client.HTTPConnection:
        self._alarm.start()
        host = self._parts.hostname or ""
        is_safe = self._parts.scheme == "https"
        self._socket = socket.create_connection((host, self._parts.port or (443 if is_safe else 80)), self._seconds)
        if is_safe:
            tls = ssl.create_default_context(cafile=os.environ.get("OS_CACERT") or None)
            self._socket = tls.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
            self._socket.do_handshake()
        connection = http.client.HTTPConnection(self._parts.netloc)
        connection.sock = self._socket
        return connection

    def close(self) -> None:
        self._alarm.cancel()
        if self._socket is not None:
            self._socket.close()

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _cut(self) -> None:
        self.is_cut.set()
        try:
            if self._socket is not None:
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            pass  # it is closed already


def ask(
    url: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    more_seconds: float = 0,
) -> Answer:
    """One request, within so many seconds in all. No redirect is followed and no proxy is used."""
    parts, seconds = urlsplit(url), ANSWER_SECONDS + more_seconds
    line = Line(parts, seconds)
    try:
        with line as connection:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            asking = {"User-Agent": "spot-watch", "Connection": "close", **(headers or {})}
            connection.request(method, target, body, asking)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read(LARGEST_ANSWER + 1))
    except (OSError, http.client.HTTPException, ValueError) as error:
        line.close()
        is_late = line.is_cut.is_set() or isinstance(error, socket.timeout)
        raise Unreadable(_late(seconds) if is_late else _cause(error)) from None
    if line.is_cut.is_set():  # what was read until then may look complete
        raise Unreadable(_late(seconds))
    if len(answer.body) > LARGEST_ANSWER:
        raise Unreadable("answers with too much")
    return answer


def _late(seconds: float) -> str:
    return f"did not answer within {seconds:.0f} seconds"


def _cause(error: Exception) -> str:
    """Without what an enemy may have put there: that would be another text each time."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"has a certificate that is not trusted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be reached: {error.strerror}"
    return f"does not speak HTTP: {type(error).__name__}"


class Metadata:
    """The metadata service: the server's metadata, and Nova's vendordata, which the tenant cannot change."""

    title = "The metadata service"

    def __init__(self, url: str, target: str, clock: Clock) -> None:
        self._url = url.rstrip("/")
        self._target = target
        self._clock = clock

    def look(self) -> Reading:
        """A notice in either document is one. That there is none has to be said by both."""
        answer = self._read("meta_data.json")
        own = answer.document()
        failure = None
        try:
            notice = self._vendor_notice()
        except Unreadable as error:
            notice, failure = None, error
        notice = notice or notice_of(own.get("meta"))
        if notice is None and failure is not None:
            raise Unreadable(f"cannot be believed, vendor_data2.json {failure}")
        self._clock.set(answer.headers["Date"])
        return Reading(identifier(own.get("uuid")), notice, may_be_old=True)

    def _vendor_notice(self) -> Notice | None:
        """An empty object says nothing: Nova gives it as well when its own question was not answered."""
        answer = self._read("vendor_data2.json")
        return None if answer.status == 404 else notice_of(answer.document().get(self._target))

    def _read(self, name: str) -> Answer:
        return ask(f"{self._url}/{name}")


def notice_of(keys: Any) -> Notice | None:
    """What the two keys say, and the event beside them in the vendordata.

    Nova writes both at once and takes them away one by one: the other key alone is what is left of a withdrawn notice.
    """
    if not isinstance(keys, dict) or TERMINATION_KEY not in keys:
        return None
    values = [one for one in (keys.get(SCHEDULED_KEY), keys.get(TERMINATION_KEY)) if isinstance(one, str)]
    if len(values) != 2 or not all(re.fullmatch("[0-9]{1,11}", one) for one in values):
        raise Unreadable("shows a notice that makes no sense")
    event = keys.get("event")
    return Notice(int(values[0]), int(values[1]), *_identity(event if isinstance(event, dict) else {}))


def _identity(event: dict[str, Any]) -> tuple[str, int]:
    """Its id and its revision, or nothing."""
    revision = event.get("revision")
    return identifier(event.get("id")), revision if isinstance(revision, int) else 0


def identifier(value: Any) -> str:
    """Nothing if it is not one: it becomes part of URLs and of environments."""
    return value if isinstance(value, str) and IDENTIFIER.fullmatch(value) else ""


class Credential:
    """A token: the one given, or one of Keystone's for an application credential, renewed when it is refused."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._token = environment.get("OS_TOKEN", "")
        self._auth_url = environment.get("OS_AUTH_URL", "").rstrip("/")
        self._id = environment.get("OS_APPLICATION_CREDENTIAL_ID", "")
        self._secret = environment.get("OS_APPLICATION_CREDENTIAL_SECRET", "")
        self._lock = threading.Lock()

    @property
    def is_there(self) -> bool:
        return bool(self._token or (self._auth_url and self._id and self._secret))

    def token(self, refused: str = "") -> str:
        """Another one than was refused, if there can be one."""
        with self._lock:
            if self._id and self._token in ("", refused):
                self._token = self._fresh()
            return self._token

    def _fresh(self) -> str:
        credential = {"id": self._id, "secret": self._secret}
        identity = {"methods": ["application_credential"], "application_credential": credential}
        url = self._auth_url if self._auth_url.endswith("/v3") else f"{self._auth_url}/v3"
        body = json.dumps({"auth": {"identity": identity}}).encode()
        try:
            answer = ask(f"{url}/auth/tokens", method="POST", body=body, headers={"Content-Type": "application/json"})
        except Unreadable as error:
            raise Unreadable(f"cannot be asked, Keystone {error}") from None
        if answer.status != 201 or not answer.headers["X-Subject-Token"]:
            raise Unreadable(f"cannot be asked, Keystone answers {answer.status}")
        return str(answer.headers["X-Subject-Token"])


class Events:
    """The API of blazar-spot: it answers when there is news, and takes acknowledgements."""

    title = "The API"

    def __init__(self, url: str, credential: Credential, instance_id: str, metadata: Metadata, clock: Clock) -> None:
        self._url = url.rstrip("/")
        self._credential = credential
        self._instance_id = instance_id
        self._metadata = metadata
        self._clock = clock
        self._incarnation: Any = None

    def look(self) -> Reading:
        """What is open now, as soon as it is something else than before; the first time at once."""
        query: dict[str, Any] = {"instance_id": self._own_id()}
        if self._incarnation is not None:
            query.update(incarnation=self._incarnation, wait=WAIT_SECONDS)
        self._incarnation = None  # whatever goes wrong now, the next question is answered at once
        answer = self._ask("GET", f"/v1/events?{urlencode(query)}", more_seconds=query.get("wait", 0))
        document = answer.document()
        events = document.get("events")
        if not isinstance(events, list) or not all(isinstance(one, dict) for one in events):
            raise Unreadable("answers with something else than events")
        notices = [_notice(one) for one in events if one.get("instance_id") == self._instance_id]
        self._clock.set(answer.headers["Date"])
        incarnation = document.get("incarnation")
        self._incarnation = incarnation if isinstance(incarnation, int) else None
        newest = max(notices, key=lambda one: one.decided_at) if notices else None
        return Reading(self._instance_id, newest, may_be_old=False)

    def _own_id(self) -> str:
        """As the metadata says; the state may have come with a copy of another instance's disk."""
        if not self._instance_id:
            try:
                self._instance_id = self._metadata.look().instance_id
            except Unreadable as error:
                raise Unreadable(f"is asked about one instance, and the metadata service {error}") from None
        return self._instance_id

    def acknowledge(self, event_id: str, *, is_ready: bool) -> None:
        """Done when this returns; Unreadable if it may work later."""
        body = json.dumps({"ready": is_ready}).encode()
        status = self._ask("POST", f"/v1/events/{event_id}/ack", body).status
        if status in (400, 403, 404, 409):
            raise Refused(f"The API does not take the acknowledgement: it answers {status}")
        if status != 200:
            raise Unreadable(f"answers {status} to an acknowledgement")

    def _ask(self, method: str, path: str, body: bytes | None = None, *, more_seconds: float = 0) -> Answer:
        token = self._credential.token()
        answer = self._send(method, path, body, token, more_seconds)
        if answer.status == 401:
            another = self._credential.token(refused=token)
            answer = self._send(method, path, body, another, more_seconds) if another != token else answer
        return answer

    def _send(self, method: str, path: str, body: bytes | None, token: str, more_seconds: float) -> Answer:
        headers = {"X-Auth-Token": token, "Content-Type": "application/json"}
        return ask(f"{self._url}{path}", method=method, body=body, headers=headers, more_seconds=more_seconds)


def _notice(event: dict[str, Any]) -> Notice:
    try:
        return Notice(_unix(event["decided_at"]), _unix(event["not_before"]), *_identity(event))
    except (KeyError, TypeError, ValueError):
        raise Unreadable("answers with an event that makes no sense") from None


def _unix(text: str) -> int:
    return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp())


class Eyes:
    """Looks: at the API if there is one, and at the metadata if there is none or it does not answer."""

    def __init__(self, sources: Sequence[Any], conditions: Conditions, interval: float) -> None:
        self._sources = sources
        self._conditions = conditions
        self._interval = interval
        self._failures = 0
        self._hasty = 0

    def look(self) -> Reading | None:
        """None if nothing could be read."""
        for source in self._sources:
            try:
                reading: Reading = source.look()
            except Unreadable as error:
                self._conditions.note(source.title, f"{source.title} {error}")
            except Exception as error:  # whatever it was that came, the next look may be better
                self._conditions.note(source.title, f"{source.title} is not understood: {type(error).__name__}")
            else:
                self._conditions.note(source.title, f"{source.title} answers again", is_good=True)
                self._failures = 0
                return reading
        self._failures += 1
        return None

    def pause(self, reading: Reading | None, lasted: float) -> float:
        """How long not to look: services are asked the less often the longer they have failed, and never in step.

        The API is asked again at once after it has waited, and soon after news; not so if it answers at once each time.
        """
        if reading is not None and not reading.may_be_old:
            self._hasty = 0 if lasted >= 1 else self._hasty + 1
            usual = min(self._interval, 0.5 * 2.0 ** min(self._hasty, 10))
        else:
            usual = min(self._interval * 2.0 ** min(self._failures, 10), max(LONGEST_PAUSE, self._interval))
        return usual * random.uniform(0.8, 1.2)


# What is done


def facts(state: State, news: str, now: float) -> dict[str, str]:
    """What a hook finds in its environment, and what --check prints."""
    notice = state.notice or Notice(0, 0)
    return {
        "SPOT_NEWS": news,
        "SPOT_INSTANCE_ID": state.instance_id,
        "SPOT_EVENT_ID": notice.event_id,
        "SPOT_REVISION": str(notice.revision or ""),
        "SPOT_DECIDED_AT": str(notice.decided_at),
        "SPOT_DEADLINE_AT": str(notice.deadline_at),
        "SPOT_DEADLINE": datetime.fromtimestamp(notice.deadline_at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "SPOT_SECONDS_LEFT": str(max(0, int(notice.deadline_at - now))),
    }


def hooks_in(folder: Path) -> Sequence[str]:
    """The programs in it. One that cannot be read has none now."""
    try:
        names = sorted(one.name for one in folder.iterdir() if HOOK_NAME.fullmatch(one.name))
    except OSError:
        return []
    return [name for name in names if (folder / name).is_file() and os.access(str(folder / name), os.X_OK)]


def run_hook(path: Path, news: str, environment: Mapping[str, str], seconds: float) -> str:
    """Run it to its end; what went wrong, or nothing. What it prints goes where our own log goes."""
    try:
        process = subprocess.Popen(
            [str(path), news],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            start_new_session=True,
        )
    except OSError as error:
        return f"cannot be started: {error.strerror}"
    try:
        status = process.wait(seconds)
    except subprocess.TimeoutExpired:
        _end(process)
        return f"took longer than {seconds:g} seconds"
    return f"failed with status {status}" if status else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """With all that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
            process.wait(KILL_SECONDS)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue


class Watcher:
    """Decides. All of it runs in the main thread, but for ``_look_on`` and what ``_apart`` starts."""

    def __init__(self, options: argparse.Namespace, conditions: Conditions) -> None:
        self._options = options
        self._conditions = conditions
        self._clock = Clock(conditions)
        self._file = StateFile(options.state, conditions)
        self._state = State()
        metadata = Metadata(options.metadata, options.vendordata, self._clock)
        self._events = None
        if options.api:
            self._events = Events(options.api, Credential(os.environ), options.instance, metadata, self._clock)
        self._eyes = Eyes([one for one in (self._events, metadata) if one], conditions, options.interval)
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._is_stopping = threading.Event()
        self._running: dict[str, int] = {}
        self._acknowledging = Run()
        self._is_acknowledging = False

    def check(self) -> int:
        """Print the notice if there is one. Nothing is run, written or taken from the state."""
        reading = self._eyes.look()
        if reading is None:
            return UNREADABLE
        state = State(reading.instance_id)
        if not state.learn(reading, self._clock.now()):
            return DONE
        for name, value in facts(state, state.news, self._clock.now()).items():
            print(f"{name}={value}")
        return NOTICED

    def once(self) -> int:
        """Look once, and run what is due to its end."""
        self._take_up()
        reading = self._eyes.look()
        if reading is not None:
            self._learn(reading)
        self._advance()
        while self._is_busy():
            self._hear()
        if self._has_failed():
            return FAILED
        return UNREADABLE if reading is None else DONE

    def follow(self) -> int:
        """Until asked to stop; a hook that runs then is waited for."""
        self._take_up()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._asked_to_stop)
        LOG.info("Watching, with %d hooks in %s", len(hooks_in(self._options.hooks)), self._options.hooks)
        threading.Thread(target=self._look_on, daemon=True).start()
        while not self._is_stopping.is_set() or self._running:
            self._hear()
        return DONE

    def _take_up(self) -> None:
        self._file.lock()
        self._state = self._file.read()

    def _asked_to_stop(self, number: int, _frame: Any) -> None:
        signal.signal(number, signal.SIG_DFL)  # who asks twice does not want to wait
        self._is_stopping.set()
        self._inbox.put(lambda: None)

    def _look_on(self) -> None:
        """In a thread of its own."""
        while not self._is_stopping.is_set():
            began = time.monotonic()
            reading = self._eyes.look()
            if reading is not None:
                self._inbox.put(partial(self._learn, reading))
            self._is_stopping.wait(self._eyes.pause(reading, time.monotonic() - began))

    def _hear(self) -> None:
        """Wait for the next message or the next appointment, and do what is due then."""
        try:
            self._inbox.get(timeout=self._patience())()
        except queue.Empty:
            pass
        if not self._is_stopping.is_set():
            self._advance()

    def _patience(self) -> float:
        """Hooks may be added at any time, so not for ever."""
        now = time.monotonic()
        waits = [run.next_at - now for run in [*self._state.runs.values(), self._acknowledging]]
        if self._state.is_open and self._state.notice is not None:
            waits.append(self._state.notice.deadline_at - self._options.imminent - self._clock.now())
        return min([5.0, *(max(0.1, wait) for wait in waits if wait > 0)])

    def _learn(self, reading: Reading) -> None:
        before = json.dumps(asdict(self._state))
        if reading.instance_id not in ("", self._state.instance_id):  # none yet, or that of a copied disk
            self._state = State(reading.instance_id, edition=self._state.edition + 1)
        news = self._state.learn(reading, self._clock.now())
        if news:
            self._acknowledging = Run()
            told = facts(self._state, news, self._clock.now())
            LOG.warning("The end of this instance is %s: %s", news, told["SPOT_DEADLINE"])
        if json.dumps(asdict(self._state)) != before:
            self._file.write(self._state)

    def _advance(self) -> None:
        for hook, news in self._due():
            self._start(hook, news)
        if self._must_acknowledge() and self._acknowledging.next_at <= time.monotonic():
            self._acknowledge()

    def _wanted(self) -> Sequence[str]:
        """The news of which each hook has to be told."""
        state = self._state
        if not state.is_open or state.notice is None:
            return [state.news] if state.news else []
        is_near = self._clock.now() >= state.notice.deadline_at - self._options.imminent
        return [state.news, IMMINENT] if is_near else [state.news]

    def _due(self) -> Sequence[Sequence[str]]:
        """A hook is told one thing after the other, but of the end being near in any case."""
        now = time.monotonic()
        pairs = [(hook, news) for news in self._wanted() for hook in hooks_in(self._options.hooks)]
        return [
            (hook, news)
            for hook, news in pairs
            if self._is_left(self._state.run(hook, news))
            and self._state.run(hook, news).next_at <= now
            and _lane(hook, news) not in self._running
        ]

    def _is_left(self, run: Run) -> bool:
        return not run.is_done and run.tries < self._options.tries

    def _start(self, hook: str, news: str) -> None:
        """That it is begun is written down first: what takes this machine down is not repeated without end."""
        run = self._state.run(hook, news)
        run.tries += 1
        self._file.write(self._state)
        told = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
        told.update(facts(self._state, news, self._clock.now()))
        told.update(SPOT_TRY=str(run.tries), SPOT_TIMEOUT=f"{self._options.timeout:g}")
        self._running[_lane(hook, news)] = self._state.edition
        job = partial(run_hook, self._options.hooks / hook, news, told, self._options.timeout)
        self._apart(job, partial(self._ended, hook, news))

    def _apart(self, job: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Do it in a thread of its own; what comes of it is heard in the main thread."""
        threading.Thread(target=lambda: self._inbox.put(partial(then, job())), daemon=True).start()

    def _ended(self, hook: str, news: str, problem: str) -> None:
        edition = self._running.pop(_lane(hook, news))
        LOG.log(logging.WARNING if problem else logging.INFO, "%s %s: %s", hook, news, problem or "done")
        if edition != self._state.edition:
            return
        run = self._state.run(hook, news)
        run.is_done = not problem
        run.next_at = time.monotonic() + _pause(run)
        self._file.write(self._state)

    def _must_acknowledge(self) -> bool:
        """Once every hook has done what it is for: nobody says that something is known of which nothing came."""
        state = self._state
        if self._events is None or self._options.acknowledge == "no" or not state.is_open or state.is_acknowledged:
            return False
        if state.notice is None or not state.notice.event_id or self._is_acknowledging or self._acknowledging.is_done:
            return False
        hooks = hooks_in(self._options.hooks)
        return bool(hooks) and all(state.run(hook, state.news).is_done for hook in hooks)

    def _acknowledge(self) -> None:
        events, notice = self._events, self._state.notice
        if events is None or notice is None:
            return
        is_ready = self._options.acknowledge == "ready"

        def tell() -> Exception | None:
            try:
                events.acknowledge(notice.event_id, is_ready=is_ready)
            except (Unreadable, Refused) as error:
                return error
            return None

        self._is_acknowledging = True
        self._acknowledging.tries += 1
        self._apart(tell, partial(self._acknowledged, self._acknowledging, notice.event_id))

    def _acknowledged(self, run: Run, event_id: str, problem: Exception | None) -> None:
        self._is_acknowledging = False
        if isinstance(problem, Unreadable):
            self._conditions.note("acknowledgement", f"{Events.title} {problem}")
            run.next_at = time.monotonic() + _pause(run)
            return
        run.is_done = True
        if problem is not None:
            LOG.warning("%s", problem)
        elif self._state.notice is not None and self._state.notice.event_id == event_id:
            LOG.info("Acknowledged (%s)", self._options.acknowledge)
            self._state.is_acknowledged = True
            self._file.write(self._state)

    def _is_busy(self) -> bool:
        """Whether --once still has something to wait for."""
        left = [
            self._is_left(self._state.run(hook, news))
            for news in self._wanted()
            for hook in hooks_in(self._options.hooks)
        ]
        must_tell = self._must_acknowledge() and self._acknowledging.tries < self._options.tries
        return bool(self._running) or any(left) or self._is_acknowledging or must_tell

    def _has_failed(self) -> bool:
        hooks = hooks_in(self._options.hooks)
        done = [self._state.run(hook, news).is_done for news in self._wanted() for hook in hooks]
        is_untold = self._acknowledging.tries > 0 and not self._state.is_acknowledged
        return not all(done) or is_untold


def _pause(run: Run) -> float:
    """After so many tries that failed."""
    return min(LONGEST_PAUSE, 2.0 ** min(run.tries, 10))


def _lane(hook: str, news: str) -> str:
    return f"{hook} {IMMINENT}" if news == IMMINENT else hook


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="spot-watch",
        description="Run hooks when this spot instance has to end.",
        epilog="For --api a token is needed: OS_TOKEN, or OS_AUTH_URL with OS_APPLICATION_CREDENTIAL_ID and "
        "OS_APPLICATION_CREDENTIAL_SECRET, in the environment. OS_CACERT names certificates to trust.",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--once", action="store_true", help="look once, run what is due, and end")
    how.add_argument("--check", action="store_true", help="print the notice and run nothing; status 1 if there is one")
    parser.add_argument("--metadata", metavar="URL", default=METADATA, help="the metadata service (%(default)s)")
    parser.add_argument("--vendordata", metavar="NAME", default="spot", help="our name in the vendordata (%(default)s)")
    parser.add_argument("--api", metavar="URL", default="", help="the API of blazar-spot, to wait for news there")
    parser.add_argument("--instance", metavar="ID", default="", help="this instance, if the metadata cannot say")
    parser.add_argument("--hooks", metavar="FOLDER", type=Path, default=Path("/etc/spot-watch/hooks.d"))
    parser.add_argument("--state", metavar="FILE", type=Path, default=Path("/var/lib/spot-watch/state.json"))
    parser.add_argument("--interval", metavar="SECONDS", type=_seconds, default=15, help="between looks (%(default)s)")
    parser.add_argument("--imminent", metavar="SECONDS", type=_seconds, default=60, help="before the end (%(default)s)")
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds, default=600, help="of a hook (%(default)s)")
    parser.add_argument("--tries", metavar="N", type=int, default=3, help="of a hook that fails (%(default)s)")
    parser.add_argument(
        "--acknowledge",
        choices=("no", "yes", "ready"),
        default="yes",
        help='what to tell the API when all hooks have succeeded; "ready": the instance may go (%(default)s)',
    )
    options = parser.parse_args(words)
    if options.api and not Credential(os.environ).is_there:
        parser.error("--api needs a token or an application credential in the environment")
    for url in filter(None, (options.metadata, options.api)):
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            parser.error(f"{url} is no URL")
    return options


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise ValueError(text)
    return value


def main(words: Sequence[str] | None = None) -> int:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s: %(message)s")
    options = arguments(words)
    watcher = Watcher(options, Conditions())
    try:
        if options.check:
            return watcher.check()
        return watcher.once() if options.once else watcher.follow()
    except BlockingIOError:
        LOG.error("Another spot-watch has %s", options.state)
        return 2


if __name__ == "__main__":
    sys.exit(main())
