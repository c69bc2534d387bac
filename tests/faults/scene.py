# SPDX-License-Identifier: Apache-2.0
"""One host of the cloud, two spot instances on it and a reservation that takes it back: what a fault happens to.

Everything is asked for as users do. The fault itself is in ``stories``, what can be seen of it in ``sights``.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy.exc import OperationalError

from blazar_spot.core.reclaim import State
from blazar_spot.demo.cast import Cast, Stage
from blazar_spot.demo.sights import Lease
from blazar_spot.demo.story import LEASE_FORMAT
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.control import RunningService
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.stages import instant_of, instants_of, rows, soon_after
from tests.e2e.stories import later
from tests.functional.operators import doctors

SPOTS = ("spot-1", "spot-2")


class Scene:
    """The host, who is on it, and its lease once it is booked."""

    def __init__(self, cloud: Cloud, stage: Stage, called_off: threading.Event) -> None:
        # Connections of its own: they are not made for several threads.
        self.cloud = Cloud(cloud.state_dir)
        self.stage = stage
        self.called_off = called_off
        self.cast = Cast(self.cloud, stage)
        self.spots: dict[str, str] = {}
        self._lease: Lease | None = None
        self.struck: list[str] = []
        """What the fault met, in order: the states in which a process died."""
        self.diagnosis: list[str] = []
        """What the doctor found wrong with reclaims meanwhile."""

    def seen_by_another(self) -> "Scene":
        """The same scene for another thread."""
        other = Scene(self.cloud, self.stage, self.called_off)
        other.spots, other._lease = self.spots, self._lease
        return other

    @property
    def lease(self) -> Lease:
        assert self._lease is not None, f"{self.stage.name} is not booked"
        return self._lease

    def boot(self) -> None:
        """Ask for the spot instances."""
        self.spots = {self.cast.spot_user.boot(name): name for name in SPOTS}

    def are_active(self) -> bool:
        servers = [self.cloud.connection().compute.get_server(one) for one in self.spots]
        assert all(server.status != "ERROR" for server in servers), servers
        return all(server.status == "ACTIVE" for server in servers)

    def book(self, start_at: int) -> None:
        """Reserve the host from then on for an hour."""
        start = datetime.fromtimestamp(start_at, UTC).strftime(LEASE_FORMAT)
        answer = self.cast.owner.ask(start, later(start, hours=1))
        assert isinstance(answer, Lease), answer
        self._lease = answer

    def service(self, name: str) -> RunningService:
        return self.cloud.service(name)

    def instants(self) -> dict[str, float]:
        """When the steps of the reclaim are due."""
        return instants_of(self.cloud, self.lease.id)

    def state(self) -> str:
        """Where the reclaim stands; empty before the engine knows of it, and while another story is without MariaDB."""
        try:
            found = rows(self.cloud, "SELECT state FROM reclaims WHERE host = :host", host=self.stage.host)
        except OperationalError:
            return ""
        return str(found[0]["state"]) if found else ""

    def status(self) -> str:
        """What Blazar's own table says of the lease, which it tells nobody so soon."""
        found = rows(self.cloud, "SELECT status FROM blazar.leases WHERE id = :id", id=self.lease.id)
        return str(found[0]["status"])

    def nobody_starts(self) -> bool:
        """Whether by Blazar's own table every lease has begun whose start has come."""
        due = "status IN ('PENDING', 'STARTING') AND start_date <= UTC_TIMESTAMP()"
        return not rows(self.cloud, f"SELECT id FROM blazar.leases WHERE {due}")

    def reaches(self, state: State) -> None:
        """Wait until the reclaim is there."""
        patience = soon_after(self.lease.start_at)
        self.wait_until(lambda: self.state() == state, f"{self.stage.name} is {state}", at_most=patience)

    def ask_the_doctor(self) -> None:
        """What is wrong with reclaims; of the rest it finds this and that while a service is down."""
        told = json.loads(doctors.asked(self.cloud.conf("spot")).stdout)
        found = [one for one in told["findings"] if one["check"] == "reclaims"]
        self.diagnosis = [one["found"] for one in found if one["grade"] != "ok"]

    def comes(self, instant: float) -> None:
        """Wait for an instant, which is minutes away at most."""
        self.wait_until(lambda: time.time() >= instant, f"it is {instant}", at_most=900)

    def wait_until(self, condition: Callable[[], bool], what: str, *, at_most: float, every: float = 0.05) -> None:
        wait_until(condition, what, at_most=at_most, every=every, called_off=self.called_off)

    @contextmanager
    def without(self, name: str, since: float, until: float, *, crash: bool = False) -> Iterator[None]:
        """A service is down from one instant to the other, and up again when this returns."""
        service = self.service(name)
        self.comes(since)
        service.kill() if crash else service.stop()
        try:
            yield
            self.comes(until)
        finally:
            service.start()


def instant(text: str) -> int:
    """An instant as Nova writes it, likewise."""
    return int(instant_of(datetime.fromisoformat(text.removesuffix("Z"))))
