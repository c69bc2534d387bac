# SPDX-License-Identifier: Apache-2.0
"""The people of the story: who runs spot instances, who reserves the host, and who only looks on.

The first two use nothing that a user of the cloud does not have: openstacksdk, python-blazarclient and, inside the
guest, the metadata service. The onlooker reads as an administrator and changes nothing. Next: `story`.
"""

import re
import time
import urllib.error
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from blazarclient.exception import BlazarClientException

from blazar_spot.demo.sights import Guest, Lease, Notice, Picture
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.stock import IMAGE, PLAIN_FLAVOR, SPOT_FLAVOR

SPOT_PROJECT = "demo"
OWNER_PROJECT = "owner"

_EARLIEST = re.compile(r"earliest_start=(\d{4}-\d\d-\d\d \d\d:\d\d)")
_PLACEMENT = "1.39"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where the story plays: one host, the flavors that lead to it, and how a reservation asks for it.

    ``name`` begins the names of everything that is made, so that several stories can share a cloud.
    """

    name: str
    host: str
    gpus: int
    look_every: float = 0.4
    """Seconds between two looks at it."""
    resource_properties: str = ""
    spot_flavor: str = SPOT_FLAVOR
    plain_flavor: str = PLAIN_FLAVOR


@dataclass(frozen=True, slots=True)
class Refusal:
    """How the reservation service says no."""

    status: int
    sentence: str

    @property
    def earliest_start(self) -> str | None:
        """The start it offers instead."""
        found = _EARLIEST.search(self.sentence)
        return found[1] if found else None


class Tenant:
    """A project's user, with servers."""

    def __init__(self, cloud: Cloud, stage: Stage, project: str, flavor: str) -> None:
        self.stage = stage
        self._connection = cloud.connection(project)
        self._flavor = flavor
        self._ingredients: dict[str, str] = {}

    def boot(self, name: str, reservation_id: str | None = None, tags: Sequence[str] = ()) -> str:
        """Ask for a server; its id."""
        more: dict[str, Any] = {"scheduler_hints": {"reservation": reservation_id}} if reservation_id else {}
        if tags:
            more["tags"] = list(tags)
        server = self._connection.compute.create_server(
            name=f"{self.stage.name}-{name}", **self.get_ready(), networks="none", **more
        )
        return str(server.id)

    def get_ready(self) -> dict[str, str]:
        """Log in and look up what a server is made of; whoever did so before boots with one request."""
        if not self._ingredients:
            flavor = self._connection.compute.find_flavor(self._flavor, ignore_missing=False)
            image = self._connection.image.find_image(IMAGE, ignore_missing=False)
            self._ingredients = {"flavor_id": str(flavor.id), "image_id": str(image.id)}
        return self._ingredients

    def delete(self, server_id: str) -> None:
        self._connection.compute.delete_server(server_id)


class SpotUser(Tenant):
    """Runs preemptible instances, and reads in each of them what it is told."""

    def __init__(self, cloud: Cloud, stage: Stage) -> None:
        super().__init__(cloud, stage, SPOT_PROJECT, stage.spot_flavor)
        self._cloud = cloud
        self._project_id = str(self._connection.current_project_id)

    def notice(self, server_id: str) -> Notice | None:
        """What the guest reads about its end."""
        try:
            meta = self._cloud.read_metadata(server_id, self._project_id).get("meta", {})
        except urllib.error.HTTPError:
            return None  # A guest that is being built or deleted reads nothing.
        return notice_in(meta)


class Owner(Tenant):
    """Reserves the host and uses it."""

    def __init__(self, cloud: Cloud, stage: Stage) -> None:
        super().__init__(cloud, stage, OWNER_PROJECT, stage.plain_flavor)
        self._leases = cloud.blazar(OWNER_PROJECT).lease

    def ask(self, start: str, end: str, *, hosts: int = 1, times: int = 1, name: str = "") -> Lease | Refusal:
        """Ask for the host from ``start`` (``now``, or ``YYYY-MM-DD HH:MM``) to ``end``, or for so many hosts.

        ``times``: in so many reservations of one lease. ``name``: of the lease, if that matters.
        """
        wish = {
            "resource_type": "physical:host",
            "min": hosts,
            "max": hosts,
            "hypervisor_properties": "",
            "resource_properties": self.stage.resource_properties,
        }
        try:
            called = name or f"{self.stage.name}-{time.time_ns()}"
            body = self._leases.create(called, start, end, [wish] * times, [])
        except BlazarClientException as error:
            return _refusal(error)
        return _lease(body)

    def move(self, lease: Lease, *, end: str, start: str | None = None) -> Lease | Refusal:
        """Move the lease to another window, or only its end."""
        dates = {"end_date": end} if start is None else {"start_date": start, "end_date": end}
        try:
            self._leases.update(lease.id, **dates)
        except BlazarClientException as error:
            return _refusal(error)
        return _lease(self._leases.get(lease.id))

    def lease(self, lease_id: str) -> Lease | None:
        """The lease as it is now, None if it is gone."""
        try:
            return _lease(self._leases.get(lease_id))
        except BlazarClientException as error:
            if error.kwargs["code"] == 404:
                return None
            raise

    def give_back(self, lease_id: str) -> None:
        """Delete the lease."""
        self._leases.delete(lease_id)


class Onlooker:
    """Sees the stage as a whole, again and again."""

    def __init__(self, cloud: Cloud, stage: Stage, spot_user: SpotUser, owner: Owner) -> None:
        self._admin = cloud.connection("admin")
        self._stage = stage
        self.look_every = stage.look_every
        self._spot_user = spot_user
        self._owner = owner
        self._pool_id: str | None = None
        self.lease_id: str | None = None
        """The lease to keep an eye on."""

    def look(self) -> Picture:
        """The stage now. The lease first: what is seen with an ACTIVE one was so when it was ACTIVE, or later."""
        began_at = time.time()
        lease = self._owner.lease(self.lease_id) if self.lease_id else None
        return Picture(
            began_at=began_at,
            host=self._stage.host,
            gpus=self._stage.gpus,
            is_closed=self.is_closed(),
            serves=tuple(self._serves()),
            guests=tuple(self.guests()),
            lease=lease,
            at=time.time(),
        )

    def deletion_asked_at(self, server_id: str) -> int | None:
        """When the compute service took the order to delete this server, by its own record."""
        actions = self._admin.compute.server_actions(server_id)
        asked = [_instant(action.start_time) for action in actions if action.action in ("delete", "forceDelete")]
        return min(asked, default=None)

    def guests(self) -> Iterator[Guest]:
        """Everybody's instances that are part of the story."""
        servers = self._admin.compute.servers(all_projects=True, name=f"^{self._stage.name}-")
        for server in sorted(servers, key=lambda one: str(one.name)):
            yield self._guest(server)

    def _guest(self, server: Any) -> Guest:
        is_spot = server.flavor.original_name == self._stage.spot_flavor
        return Guest(
            id=server.id,
            name=server.name.removeprefix(f"{self._stage.name}-"),
            is_spot=is_spot,
            status=server.status,
            host=server.hypervisor_hostname,
            is_going=server.task_state == "deleting",
            launched_at=_instant(server.launched_at) if server.launched_at else None,
            notice=self._spot_user.notice(server.id) if is_spot and server.status == "ACTIVE" else None,
        )

    def _serves(self) -> Iterator[str]:
        for aggregate in self._admin.compute.aggregates():
            if self._stage.host in (aggregate.hosts or ()):
                yield str(aggregate.name)

    def is_closed(self) -> bool | None:
        """Whether the host takes no more spot instances."""
        if self._pool_id is None:
            found = self._ask_placement(f"/resource_providers?name=spot_{self._stage.host}")["resource_providers"]
            if not found:
                return None
            self._pool_id = found[0]["uuid"]
        inventories = self._ask_placement(f"/resource_providers/{self._pool_id}/inventories")["inventories"]
        return any(one["reserved"] == one["total"] for one in inventories.values())

    def _ask_placement(self, path: str) -> Any:
        return self._admin.placement.get(path, microversion=_PLACEMENT).json()


class Cast:
    """The three of them on one stage."""

    def __init__(self, cloud: Cloud, stage: Stage) -> None:
        self.stage = stage
        self.spot_user = SpotUser(cloud, stage)
        self.owner = Owner(cloud, stage)
        self.onlooker = Onlooker(cloud, stage, self.spot_user, self.owner)


def notice_in(metadata: dict[str, str]) -> Notice | None:
    """What an instance's metadata say about its end."""
    decided, ends = (metadata.get(f"cloud_termination_{what}") for what in ("scheduled_event_time", "time"))
    return Notice(int(decided), int(ends)) if decided and ends else None


def _lease(body: dict[str, Any]) -> Lease:
    return Lease(
        id=body["id"],
        reservation_id=body["reservations"][0]["id"],
        status=body["status"],
        start_at=_instant(body["start_date"]),
        is_degraded=bool(body["degraded"]),
    )


def _refusal(error: BlazarClientException) -> Refusal:
    return Refusal(int(error.kwargs["code"]), str(error).removeprefix("ERROR: "))


def _instant(text: str) -> int:
    """OpenStack's times are UTC and most do not say so."""
    return int(datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp())
