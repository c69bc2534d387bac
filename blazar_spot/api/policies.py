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

PROJECT_MEMBER = "role:member and project_id:%(project_id)s"
PROJECT_READER = "role:reader and project_id:%(project_id)s"
ADMIN = "role:admin"
SERVICE = "role:service"


def _rule(name: str, check: str, description: str, *operations: str) -> policy.DocumentedRuleDefault:
    pairs = [operation.split() for operation in operations]
    uses: list[policy.Operation] = [{"method": method, "path": path} for method, path in pairs]
    return policy.DocumentedRuleDefault(
        name=name, check_str=check, description=description, operations=uses, scope_types=["project"]
    )


RULES = [
    _rule(LIST_EVENTS, PROJECT_READER, "List the events of the token's project.", "GET /v1/events"),
    _rule(LIST_EVENTS_OF_ALL, ADMIN, "List the events of all projects.", "GET /v1/events?all_projects=true"),
    _rule(SHOW_EVENT, f"{ADMIN} or ({PROJECT_READER})", "Show one event.", "GET /v1/events/{event_id}"),
    _rule(
        ACKNOWLEDGE_EVENT,
        f"{ADMIN} or ({PROJECT_MEMBER})",
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
]


def list_rules() -> list[policy.DocumentedRuleDefault]:
    """What oslo.policy's tools ask for."""
    return RULES


def enforcer(conf: Any) -> policy.Enforcer:
    """Who decides, by the defaults and the policy file that this configuration names."""
    made = policy.Enforcer(conf)
    made.register_defaults(list_rules())
    return made
