# SPDX-License-Identifier: Apache-2.0
"""The API in this process. Each answer is checked against the document, whatever the test is about."""

from dataclasses import dataclass, replace
from typing import Any

from falcon import testing
from oslo_config import cfg

from blazar_spot.adapters.fernet_keyring import FernetKeyring
from blazar_spot.api import document, policies
from blazar_spot.api.app import App, application
from blazar_spot.api.routes import UseCases
from blazar_spot.core.deliveries import DeliveryState, delivery
from blazar_spot.core.messages import ping
from blazar_spot.core.policy import Policy
from blazar_spot.core.promises import Instance, Notice, NoticeState
from blazar_spot.core.reclaim import State
from blazar_spot.core.record import Cause, breach, deed
from blazar_spot.core.webhooks import Subscription, Webhook, WebhookState
from blazar_spot.enforcement.acknowledging import Acknowledging
from blazar_spot.enforcement.bell import Bell
from blazar_spot.enforcement.capacity import Capacity
from blazar_spot.enforcement.closing import Closing
from blazar_spot.enforcement.draining import Draining
from blazar_spot.enforcement.engines import Engines
from blazar_spot.enforcement.flavors import Flavors
from blazar_spot.enforcement.interrupting import Interrupting
from blazar_spot.enforcement.outlook import Outlooks
from blazar_spot.enforcement.overview import Overviews
from blazar_spot.enforcement.proposals import Proposals
from blazar_spot.enforcement.queries import Queries
from blazar_spot.enforcement.returning import Returning
from blazar_spot.enforcement.revising import Revising
from blazar_spot.enforcement.stocks import Stocks
from blazar_spot.enforcement.watching import Watch
from blazar_spot.enforcement.webhooks import Limits, Webhooks
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.store import Store
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud
from blazar_spot.testing.courier import FakeCourier
from tests.contract.read_store import claim, keep, reclaim
from tests.unit.adapters.test_fernet_keyring import KEY

NOON = 1_800_000_000
EARLIER = NOON - 60
POLICY = Policy()
NOBODY: dict[str, str] = {}


def token(project_id: str = "ours", *roles: str) -> dict[str, str]:
    """What Keystone's middleware says of a token; it is a member's if nothing else is said."""
    words = ",".join(roles or ("member", "reader"))
    return {"X-User-Id": f"user of {project_id}", "X-Project-Id": project_id, "X-Roles": words}


OURS = token()
READER = token("ours", "reader")
THEIRS = token("theirs")
ADMIN = token("admin", "admin", "member", "reader")


def use_cases(
    store: Store,
    clock: Clock | None = None,
    places: int = 8,
    cloud: FakeCloud | None = None,
    headroom_hosts: int = 0,
    policy: Policy = POLICY,
) -> UseCases:
    """All of them over this store."""
    clock = clock or FakeClock(NOON)
    cloud = cloud or FakeCloud(clock)
    bell, closing = Bell(), Closing(store, cloud, clock)
    revising, returning = Revising(store, clock, ["bus"], bell), Returning(store, cloud, clock)
    return UseCases(
        queries=Queries(store),
        watch=Watch(store, clock, places),
        acknowledging=Acknowledging(store, revising, bell, clock),
        engines=Engines(store, clock),
        interrupting=Interrupting(store, revising, bell, clock, POLICY),
        closing=closing,
        draining=Draining(store, cloud, clock, POLICY, closing, returning),
        flavors=Flavors(cloud, POLICY),
        capacity=Capacity(cloud, cloud, clock),
        stocks=Stocks(store, cloud, cloud, clock, headroom_hosts),
        outlooks=Outlooks(store, clock, Policy()),
        overviews=Overviews(store),
        proposals=Proposals(store, clock, policy, returning),
        webhooks=Webhooks(store, FakeCourier(), FernetKeyring([KEY]), clock, Limits(webhooks=3)),
    )


def made(parts: UseCases) -> App:
    """The application, with the policy of those who have no policy file."""
    conf = cfg.ConfigOpts()
    conf([], default_config_files=[], default_config_dirs=[])
    return application(parts, policies.enforcer(conf))


@dataclass
class Service:
    """The API for tests; ``template`` is the path as the document has it, where it is not the path itself."""

    client: testing.TestClient

    def get(self, path: str, headers: dict[str, str] = OURS, *, template: str | None = None, **more: Any) -> Any:
        return self.ask("get", path, headers, template=template, **more)

    def ask(
        self, method: str, path: str, headers: dict[str, str] = OURS, *, template: str | None = None, **more: Any
    ) -> testing.Result:
        answer = self.client.simulate_request(method.upper(), path, headers=headers, **more)
        check(answer, template or path.partition("?")[0], method)
        return answer


def check(answer: testing.Result, template: str, method: str) -> None:
    """The answer is one that the document has."""
    validator = document.service().answer(template, method, answer.status_code)
    if validator is not None:
        assert answer.headers["content-type"] == document.JSON
        validator.validate(answer.json)


def serve(store: Store, clock: Clock | None = None, **more: Any) -> Service:
    return Service(testing.TestClient(made(use_cases(store, clock, **more))))


def error_of(answer: testing.Result) -> tuple[int, str]:
    return answer.status_code, answer.json["error"]["code"]


def put_incident(
    store: Store,
    name: str,
    project_id: str = "ours",
    *,
    called: str | None = None,
    state: NoticeState = NoticeState.SCHEDULED,
    flavor: str = "boost-preemptible",
    decided_at: int = NOON,
    given_at: int | None = None,
    acknowledged_at: int | None = None,
) -> None:
    """A notice of this name for an instance of its own, as the engine stores them."""
    instance = Instance(
        id=f"instance-{name}",
        host="gpu-1",
        project_id=project_id,
        name=called or f"Größe {name}",
        flavor=flavor,
        created_at=NOON - 9000,
        running_since=NOON - 8000,
    )
    notice = Notice(
        id=f"notice-{name}",
        instance_id=instance.id,
        project_id=project_id,
        host="gpu-1",
        decided_at=decided_at,
        deadline_at=decided_at + 900,
        given_at=given_at,
        state=state,
        acknowledged_at=acknowledged_at,
    )
    with store.begin() as work:
        work.put_instances([instance])
        work.put_notices([notice])
        work.count_news([project_id])


def put_reclaim(store: Store, name: str, project_id: str = "ours", state: State = State.FENCED) -> None:
    """A reclaim of this name with everything that there may be about one."""
    one = f"reclaim-{name}"
    keep(store, claim(one, lease_id=f"lease-{name}", project_id=project_id), reclaim(one, state=state))
    keep(store, deed("notice", NOON, one, "gpu-1", f"instance-{name}"), deed("is fenced", NOON, one, "gpu-1"))
    keep(store, breach(Cause.STUCK, NOON, one, "gpu-1", f"instance-{name}"))


def put_webhook(store: Store, name: str, project_id: str = "ours", state: WebhookState = WebhookState.ENABLED) -> None:
    """A webhook of this name with a subscription, which was told one thing."""
    webhook = Webhook(
        id=f"webhook-{name}",
        project_id=project_id,
        name=f"Größe {name}",
        url="https://receiver.example/",
        secret=FernetKeyring([KEY]).sealed("whsec_c2VjcmV0"),
        state=state,
        created_at=NOON,
        due_at=NOON,
    )
    with store.begin() as work:
        work.put_webhook(webhook)
        work.put_subscription(
            Subscription(id=f"subscription-{name}", webhook_id=webhook.id, project_id=project_id, created_at=NOON)
        )
    put_delivery(store, webhook.id, f"message-{name}", project_id)


def put_delivery(store: Store, webhook_id: str, message_id: str, project_id: str = "ours") -> None:
    """Something that a webhook was told some time ago."""
    told = delivery(ping(message_id, webhook_id, EARLIER), webhook_id, project_id, EARLIER, EARLIER + 900)
    done = replace(told, state=DeliveryState.DELIVERED, done_at=EARLIER, status=200, response="fine")
    with store.begin() as work:
        work.put_deliveries([done])
