# SPDX-License-Identifier: Apache-2.0
"""A guest is told, and so are all who may know of it, by every way there is; then its lease is deleted."""

from dataclasses import dataclass
from typing import Any

from keystoneauth1.adapter import Adapter

from blazar_spot.core.instants import from_iso
from blazar_spot.demo.cast import OWNER_PROJECT, SPOT_PROJECT, Cast, notice_in
from blazar_spot.demo.record import Record
from blazar_spot.demo.sights import Guest, Notice
from blazar_spot.demo.story import watch
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.waiting import wait_until
from tests.e2e.receivers import Ear, receiving
from tests.e2e.stages import SOON_SECONDS, api_of, follow, leave, soon_after
from tests.e2e.stories import book, settled, spot_moves_in

TAG, TAGGED, PLAIN = "training", "tagged", "plain"


@dataclass(frozen=True)
class Views:
    """What is said of one guest's end at the same moment: to the guest, to its project, and to its receiver, which has
    the messages about it in the order in which it took them."""

    metadata: Notice | None
    vendordata: dict[str, Any]
    event: dict[str, Any]
    is_open: bool
    messages: list[dict[str, Any]]

    @property
    def is_settled(self) -> bool:
        """Whether the receiver and the guest know of what the event says, which takes a moment."""
        ends_at = from_iso(self.event["not_before"]) if self.is_open else None
        is_told = bool(self.messages) and self.messages[-1]["data"]["revision"] == self.event["revision"]
        is_read = self.vendordata.get("event", {}).get("revision") == (self.event["revision"] if self.is_open else None)
        return is_told and is_read and (self.metadata.ends_at if self.metadata else None) == ends_at


@dataclass(frozen=True)
class Heard:
    """When the guests are told, and when the lease is gone."""

    guest: Guest
    told: Views
    called_off: Views
    deliveries: list[dict[str, Any]]
    repeated: dict[str, Any]
    in_the_end: list[dict[str, Any]]
    by_the_owners: list[dict[str, Any]]
    owners_status: dict[str, int]
    after: Guest | None


def heard(cast: Cast, cloud: Cloud) -> Heard:
    record = Record()
    cast.spot_user.boot(TAGGED, tags=[TAG])
    guest = settled(cast, record, TAGGED)
    spot_moves_in(cast, record, PLAIN)
    ours, theirs = api_of(cloud, SPOT_PROJECT), api_of(cloud, OWNER_PROJECT)
    with receiving(ours, f"{cast.stage.name}-ours", tags=[TAG]) as ear, receiving(theirs, "theirs") as other:
        ear.do("secret")
        patience = soon_after(book(cast).start_at)
        are_told = "the guests read their notices"
        follow(
            record,
            watch(
                cast.onlooker, lambda seen: all(one.notice for one in seen.guests), are_told, patience, "spot-engine"
            ),
        )
        told = _views(cast, cloud, ours, guest, ear)
        assert cast.onlooker.lease_id is not None
        cast.owner.give_back(cast.onlooker.lease_id)
        cast.onlooker.lease_id = None
        called_off = _views(cast, cloud, ours, guest, ear, is_open=False)
        deliveries = ear.deliveries
        repeated = _again(ear, deliveries[0])
        seen = Heard(
            guest=guest,
            told=told,
            called_off=called_off,
            deliveries=deliveries,
            repeated=repeated,
            in_the_end=ear.messages,
            by_the_owners=other.messages,
            owners_status={path: theirs.get(path).status_code for path in _paths(ear, told)},
            after=cast.onlooker.look().guest(TAGGED),
        )
    leave(cast, record)
    return seen


def _views(cast: Cast, cloud: Cloud, api: Adapter, guest: Guest, ear: Ear, *, is_open: bool = True) -> Views:
    """What is seen when all have heard of it."""
    views: list[Views] = []

    def is_settled() -> bool:
        views.append(_look(cast, cloud, api, guest, ear))
        return views[-1].is_open is is_open and views[-1].is_settled

    wait_until(is_settled, f"all have heard of the notice of {guest.name}", at_most=SOON_SECONDS, every=0.5)
    return views[-1]


def _look(cast: Cast, cloud: Cloud, api: Adapter, guest: Guest, ear: Ear) -> Views:
    project = cloud.connection(SPOT_PROJECT).current_project_id
    states = {"instance_id": guest.id, "state": ["scheduled", "withdrawn"]}
    [event] = api.get("/v1/events", params=states).json()["events"]
    return Views(
        metadata=notice_in(cloud.read_metadata(guest.id, project).get("meta", {})),
        vendordata=dict(cloud.read_vendordata(guest.id, project).get("spot") or {}),
        event=event,
        is_open=bool(api.get("/v1/events", params={"instance_id": guest.id}).json()["events"]),
        messages=[one for one in ear.messages if one["subject"] == guest.id],
    )


def _again(ear: Ear, delivery: dict[str, Any]) -> dict[str, Any]:
    """The delivery after it was wanted once more."""

    def now() -> dict[str, Any]:
        return next(one for one in ear.deliveries if one["id"] == delivery["id"])

    ear.do(f"deliveries/{delivery['id']}/redeliver")
    wait_until(lambda: now()["state"] == "delivered", "it is delivered again", at_most=SOON_SECONDS)
    return now()


def _paths(ear: Ear, told: Views) -> list[str]:
    one = f"/v1/webhooks/{ear.webhook_id}"
    return [f"/v1/events/{told.event['id']}", one, f"{one}/deliveries"]
