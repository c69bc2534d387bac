# SPDX-License-Identifier: Apache-2.0
"""Who may do what, unless the operator's policy file says otherwise; the sample of that file is made from here.

Readers see what is their project's, members may change it, admins see all, and Nova may ask for its guests. Next:
``callers``, which asks.
"""

from typing import Any

from oslo_policy import policy

LIST_EVENTS = "spot:events:list"
LIST_EVENTS_OF_ALL = "spot:events:list_all_projects"
SHOW_EVENT = "spot:events:show"
ACKNOWLEDGE_EVENT = "spot:events:acknowledge"
SHOW_HOST = "spot:events:show_host"
VENDORDATA = "spot:vendordata"

LIST_INSTANCES = "spot:instances:list"
LIST_INSTANCES_OF_ALL = "spot:instances:list_all_projects"
SHOW_INSTANCE = "spot:instances:show"
LIST_LEASES = "spot:leases:list"
LIST_LEASES_OF_ALL = "spot:leases:list_all_projects"
LIST_RECLAIMS = "spot:reclaims:list"
LIST_RECLAIMS_OF_ALL = "spot:reclaims:list_all_projects"
SHOW_RECLAIM = "spot:reclaims:show"
SHOW_ALL_OF_RECLAIM = "spot:reclaims:show_all"
LIST_BREACHES = "spot:breaches:list"
SEE_HOSTS = "spot:hosts:see"
SHOW_CAPACITY = "spot:capacity:show"
SHOW_ALL_CAPACITY = "spot:capacity:show_all"
LIST_POOLS = "spot:pools:list"
CLOSE_POOL = "spot:pools:close"
DRAIN_POOL = "spot:pools:drain"
OPEN_POOL = "spot:pools:open"
LIST_CLOSURES = "spot:closures:list"
INTERRUPT_INSTANCE = "spot:instances:interrupt"
PLAN = "spot:plans:create"
PLAN_LEASE = "spot:plans:create_of_lease"
PLAN_ALL = "spot:plans:show_all"

LIST_WEBHOOKS = "spot:webhooks:list"
LIST_WEBHOOKS_OF_ALL = "spot:webhooks:list_all_projects"
SHOW_WEBHOOK = "spot:webhooks:show"
CREATE_WEBHOOK = "spot:webhooks:create"
UPDATE_WEBHOOK = "spot:webhooks:update"
DELETE_WEBHOOK = "spot:webhooks:delete"
ROTATE_WEBHOOK = "spot:webhooks:rotate_secret"
PING_WEBHOOK = "spot:webhooks:ping"
LIST_DELIVERIES = "spot:deliveries:list"
REDELIVER = "spot:deliveries:redeliver"

CHECK_FLAVORS = "spot:flavors:list"
ENROL_FLAVOR = "spot:flavors:enrol"

LIST_ENGINES = "spot:engines:list"
SHOW_SWITCH = "spot:switch:show"
TURN_SWITCH = "spot:switch:update"

PROJECT_READER = "role:reader and project_id:%(project_id)s"
PROJECT_MEMBER = "role:member and project_id:%(project_id)s"
ADMIN = "role:admin"
SERVICE = "role:service"


def _rule(name: str, check: str, description: str, *operations: str) -> policy.DocumentedRuleDefault:
    pairs = [operation.split() for operation in operations]
    uses: list[policy.Operation] = [{"method": method, "path": path} for method, path in pairs]
    return policy.DocumentedRuleDefault(
        name=name, check_str=check, description=description, operations=uses, scope_types=["project"]
    )


_ADMIN_OR_READER = f"{ADMIN} or ({PROJECT_READER})"
_ADMIN_OR_MEMBER = f"{ADMIN} or ({PROJECT_MEMBER})"

WEBHOOK_RULES = [
    _rule(LIST_WEBHOOKS, PROJECT_READER, "List the webhooks of the token's project.", "GET /v1/webhooks"),
    _rule(LIST_WEBHOOKS_OF_ALL, ADMIN, "List the webhooks of all projects.", "GET /v1/webhooks?all_projects=true"),
    _rule(
        SHOW_WEBHOOK,
        _ADMIN_OR_READER,
        "Show one webhook; whoever may not is told that there is none, whatever they want to do with it.",
        "GET /v1/webhooks/{webhook_id}",
    ),
    _rule(CREATE_WEBHOOK, PROJECT_MEMBER, "Create a webhook.", "POST /v1/webhooks"),
    _rule(
        UPDATE_WEBHOOK,
        _ADMIN_OR_MEMBER,
        "Change a webhook or its subscriptions.",
        "PATCH /v1/webhooks/{webhook_id}",
        "POST /v1/webhooks/{webhook_id}/subscriptions",
        "DELETE /v1/webhooks/{webhook_id}/subscriptions/{subscription_id}",
    ),
    _rule(DELETE_WEBHOOK, _ADMIN_OR_MEMBER, "Delete a webhook.", "DELETE /v1/webhooks/{webhook_id}"),
    _rule(
        ROTATE_WEBHOOK,
        PROJECT_MEMBER,
        "Make a new secret for a webhook, and be shown it.",
        "POST /v1/webhooks/{webhook_id}/secret",
    ),
    _rule(PING_WEBHOOK, _ADMIN_OR_MEMBER, "Send a webhook a test.", "POST /v1/webhooks/{webhook_id}/ping"),
    _rule(
        LIST_DELIVERIES,
        _ADMIN_OR_READER,
        "See what a webhook was told and what it answered.",
        "GET /v1/webhooks/{webhook_id}/deliveries",
        "GET /v1/webhooks/{webhook_id}/deliveries/{delivery_id}",
    ),
    _rule(
        REDELIVER,
        _ADMIN_OR_MEMBER,
        "Tell a webhook something once more.",
        "POST /v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
    ),
]

FLAVOR_RULES = [
    _rule(CHECK_FLAVORS, ADMIN, "See which flavors consume the spot pools as they should.", "GET /v1/flavors"),
    _rule(
        ENROL_FLAVOR, ADMIN, "Let a preemptible flavor consume the spot pools.", "POST /v1/flavors/{flavor_id}/enrol"
    ),
]

ORDER_RULES = [
    _rule(LIST_ENGINES, ADMIN, "See how each engine does.", "GET /v1/engines"),
    _rule(SHOW_SWITCH, ADMIN, "See whether evictions are paused.", "GET /v1/switch"),
    _rule(TURN_SWITCH, ADMIN, "Pause and resume evictions.", "PUT /v1/switch"),
    _rule(LIST_CLOSURES, ADMIN, "See which hosts are closed for spot instances.", "GET /v1/closures"),
    _rule(CLOSE_POOL, ADMIN, "Close a host for spot instances.", "POST /v1/pools/{host}/close"),
    _rule(DRAIN_POOL, ADMIN, "Free a host of everybody, in time.", "POST /v1/pools/{host}/drain"),
    _rule(OPEN_POOL, ADMIN, "Open a host for spot instances again.", "POST /v1/pools/{host}/open"),
    _rule(
        INTERRUPT_INSTANCE,
        _ADMIN_OR_MEMBER,
        "Rehearse the end of an instance, or make it go.",
        "POST /v1/instances/{instance_id}/interrupt",
    ),
]

READ_RULES = [
    _rule(LIST_INSTANCES, PROJECT_READER, "List the spot instances of the token's project.", "GET /v1/instances"),
    _rule(
        LIST_INSTANCES_OF_ALL, ADMIN, "List the spot instances of all projects.", "GET /v1/instances?all_projects=true"
    ),
    _rule(SHOW_INSTANCE, _ADMIN_OR_READER, "Show one spot instance.", "GET /v1/instances/{instance_id}"),
    _rule(LIST_LEASES, PROJECT_READER, "See how far the leases of the token's project are.", "GET /v1/leases"),
    _rule(LIST_LEASES_OF_ALL, ADMIN, "See how far all projects' leases are.", "GET /v1/leases?all_projects=true"),
    _rule(LIST_RECLAIMS, PROJECT_READER, "List the reclaims for the token's project.", "GET /v1/reclaims"),
    _rule(LIST_RECLAIMS_OF_ALL, ADMIN, "List the reclaims for all projects.", "GET /v1/reclaims?all_projects=true"),
    _rule(SHOW_RECLAIM, _ADMIN_OR_READER, "Show one reclaim.", "GET /v1/reclaims/{reclaim_id}"),
    _rule(
        SHOW_ALL_OF_RECLAIM,
        ADMIN,
        "See which instances of other projects a reclaim is about, and the details of what was done.",
        "GET /v1/reclaims/{reclaim_id}",
    ),
    _rule(SHOW_CAPACITY, PROJECT_READER, "See how many spot instances could boot now.", "GET /v1/capacity"),
    _rule(SHOW_ALL_CAPACITY, ADMIN, "See that of flavors that are not public, too.", "GET /v1/capacity"),
    _rule(LIST_POOLS, ADMIN, "See the spot pools of the hosts.", "GET /v1/pools", "GET /v1/pools/{host}"),
    _rule(PLAN, PROJECT_READER, "See what a lease would get and cost.", "POST /v1/plans"),
    _rule(PLAN_LEASE, _ADMIN_OR_READER, "Plan a lease that there is.", "POST /v1/plans"),
    _rule(PLAN_ALL, ADMIN, "See which instances of other projects that would cost.", "POST /v1/plans"),
    _rule(LIST_BREACHES, ADMIN, "List broken promises.", "GET /v1/breaches"),
    _rule(
        SEE_HOSTS,
        ADMIN,
        "See on which host an instance is and which one a reclaim frees, and look for them by host.",
        "GET /v1/instances",
        "GET /v1/instances/{instance_id}",
        "GET /v1/reclaims",
        "GET /v1/reclaims/{reclaim_id}",
        "POST /v1/plans",
    ),
]

RULES = [
    _rule(LIST_EVENTS, PROJECT_READER, "List the events of the token's project.", "GET /v1/events"),
    _rule(LIST_EVENTS_OF_ALL, ADMIN, "List the events of all projects.", "GET /v1/events?all_projects=true"),
    _rule(SHOW_EVENT, _ADMIN_OR_READER, "Show one event.", "GET /v1/events/{event_id}"),
    _rule(
        ACKNOWLEDGE_EVENT,
        _ADMIN_OR_MEMBER,
        "Acknowledge an event, and let its instance go before the deadline.",
        "POST /v1/events/{event_id}/ack",
    ),
    _rule(
        SHOW_HOST,
        f"{ADMIN} or {SERVICE}",
        "See on which host an event's instance is.",
        "GET /v1/events",
        "GET /v1/events/{event_id}",
        "POST /v1/events/{event_id}/ack",
    ),
    _rule(VENDORDATA, SERVICE, "Read any instance's open event, as Nova does for its guests.", "POST /v1/vendordata"),
    *READ_RULES,
    *WEBHOOK_RULES,
    *FLAVOR_RULES,
    *ORDER_RULES,
]


def list_rules() -> list[policy.DocumentedRuleDefault]:
    """What oslo.policy's tools ask for."""
    return RULES


def enforcer(conf: Any) -> policy.Enforcer:
    """Who decides, by the defaults and the policy file that this configuration names."""
    made = policy.Enforcer(conf)
    made.register_defaults(list_rules())
    return made
