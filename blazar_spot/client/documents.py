# SPDX-License-Identifier: Apache-2.0
"""What the service answers, in words for a type checker; a test holds them to the API's own document.

They are plain dictionaries, just as they come. Instants are in ISO 8601, UTC. ``NotRequired`` is what only some see.
"""

from typing import Any, NotRequired, TypedDict


class Event(TypedDict):
    """What is coming to one instance, from the decision to the end."""

    id: str
    revision: int
    state: str
    instance_id: str
    instance_name: str
    project_id: str
    flavor: str
    host: NotRequired[str]
    decided_at: str
    not_before: str
    given_at: str | None
    acknowledged_at: str | None
    is_ready: bool


class OpenEvent(TypedDict):
    """An instance's event, in short."""

    id: str
    state: str
    revision: int
    not_before: str


class Instance(TypedDict):
    """A spot instance: what it is promised, and what is expected."""

    id: str
    name: str
    project_id: str
    flavor: str
    host: NotRequired[str]
    tags: list[str]
    created_at: str
    running_since: str | None
    guaranteed_until: str | None
    expected_until: str | None
    event: OpenEvent | None
    gone_at: str | None
    why: str


class Interruption(TypedDict):
    """A notice by order; without an event if it was only asked what would be."""

    instance_id: str
    evict: bool
    not_before: str
    event_id: str | None
    waits_for: str | None


class Lease(TypedDict):
    """How far a lease is in getting its hosts."""

    lease_id: str
    lease_name: str
    project_id: str
    state: str
    hosts: int
    hosts_ready: int
    instances: int
    instances_to_go: int
    evict_at: str | None
    start_at: str
    end_at: str
    breaches: int


class Victim(TypedDict):
    """Who has to go for a reclaim, and why."""

    instance_id: str
    instance_name: str
    project_id: str
    flavor: str
    stage: str
    event_id: str | None
    not_before: str | None
    gone_at: str | None
    why: str


class ReclaimBreach(TypedDict):
    """A promise that was broken for a reclaim."""

    at: str
    cause: str
    instance_id: str | None
    details: NotRequired[str]


class Deed(TypedDict):
    """Something that was done for a reclaim."""

    at: str
    what: str
    instance_id: str | None
    details: NotRequired[str]


class Counts(TypedDict):
    """A reclaim in numbers."""

    instances: int
    instances_to_go: int
    breaches: int


class Reclaim(TypedDict):
    """The life of freeing one host for one lease; what is not required is there if it is shown alone."""

    id: str
    lease_id: str
    lease_name: str
    reservation_id: str
    project_id: str
    host: NotRequired[str]
    state: str
    planned_at: str | None
    fence_at: str
    notice_at: str
    evict_at: str
    start_at: str
    end_at: str
    lead_seconds: int
    counts: Counts
    victims: NotRequired[list[Victim]]
    victims_of_others: NotRequired[int]
    breaches: NotRequired[list[ReclaimBreach]]
    timeline: NotRequired[list[Deed]]


class Breach(TypedDict):
    """A broken promise, as the operator sees it."""

    id: str
    at: str
    cause: str
    reclaim_id: str
    host: str
    instance_id: str | None
    details: str


class Offer(TypedDict):
    """How many instances of a flavor could boot now."""

    id: str
    name: str
    available: int
    resources: dict[str, int]


class Capacity(TypedDict):
    """All offers, and when they held."""

    as_of: str
    flavors: list[Offer]


class Resource(TypedDict):
    """What a pool has of one resource class."""

    resource_class: str
    total: int
    reserved: int
    used: int


class PoolClaim(TypedDict):
    """A claim on a pool's host."""

    reclaim_id: str
    lease_id: str
    state: str
    is_whole: bool
    fence_at: str | None
    start_at: str
    end_at: str


class Pool(TypedDict):
    """How much of a host spot instances may have."""

    host: str
    is_closed: bool
    closed_because: list[str]
    instances: int
    resources: list[Resource]
    claims: list[PoolClaim]
    next_claim: PoolClaim | None


class Closure(TypedDict):
    """A host that is closed, or drained, by order."""

    host: str
    state: str
    reason: str
    closed_at: str
    by: str | None
    evict_at: str | None
    reclaim_id: str | None
    waits_for: str | None


class PlannedVictim(TypedDict):
    """Who would have to go for a lease."""

    instance_id: str
    instance_name: str
    project_id: str
    flavor: str
    host: NotRequired[str]
    cost_seconds: int
    notice_at: str
    evict_at: str
    why: str


class Blocker(TypedDict):
    """What is in the way of a lease on one host."""

    kind: str
    until: str | None
    host: NotRequired[str]


class Plan(TypedDict):
    """What a lease would get, or why it would be refused."""

    is_feasible: bool
    breaks_promises: bool
    host_count: int
    hosts: NotRequired[list[str]]
    victim_count: int
    victims: list[PlannedVictim]
    cost_seconds: int
    fence_at: str
    notice_at: str
    evict_at: str
    start_at: str
    end_at: str
    code: str | None
    message: str
    earliest_start: str | None
    blockers: list[Blocker]


class Subscription(TypedDict):
    """What a webhook wants to hear of; an empty list stands for all."""

    id: str
    created_at: str
    event_types: list[str]
    flavors: list[str]
    instances: list[str]
    tags: list[str]


class Webhook(TypedDict):
    """A URL that is told of the events of its project."""

    id: str
    project_id: str
    name: str
    url: str
    state: str
    reason: str
    created_at: str
    verified_at: str | None
    failing_since: str | None
    old_secret_until: str | None
    subscriptions: list[Subscription]


class WebhookWithSecret(Webhook):
    """A webhook at the one moment when its secret can be read."""

    secret: str


class Delivery(TypedDict):
    """One message on its way to a webhook, or what became of it."""

    id: str
    webhook_id: str
    type: str
    subject: str
    time: str
    data: dict[str, Any]
    state: str
    written_at: str
    expires_at: str
    tries: int
    tried_at: str | None
    next_try_at: str | None
    done_at: str | None
    status: int | None
    response: str


class Flavor(TypedDict):
    """Whether a flavor consumes the spot pools as it should."""

    id: str
    name: str
    is_preemptible: bool
    min_uptime_seconds: int | None
    notice_seconds: int | None
    missing: dict[str, str]
    remarks: list[str]


class Engine(TypedDict):
    """An engine's last sign of life."""

    id: str
    host: str
    pid: int
    mode: str
    started_at: str
    beat_at: str
    worked_at: str | None
    failing_since: str | None
    is_silent: bool


class Switch(TypedDict):
    """Whether evictions are paused."""

    is_paused: bool
    paused_at: str | None
    reason: str
