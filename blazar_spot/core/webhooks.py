# SPDX-License-Identifier: Apache-2.0
"""Webhooks and subscriptions as values, and what becomes of a webhook by how its receiver answers.

``due_at`` is when somebody may next speak to the receiver: it is put forward by whoever does, so that there is one at
a time, and after a try that failed. Next: ``deliveries``, which are spoken; ``enforcement/deliveries`` speaks them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from blazar_spot.core.deliveries import Answer, wait_after
from blazar_spot.core.promises import Instance

HOLD_SECONDS = 30
"""How long whoever speaks to a receiver has it alone; after that he is taken for lost."""
VERIFY_SECONDS = 3600
"""How long a receiver is given to answer its challenge."""


class WebhookState(StrEnum):
    """UNVERIFIED has not answered its challenge yet, and is told nothing else."""

    UNVERIFIED = "unverified"
    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A URL of a project. ``secret`` and ``old_secret`` are sealed; ``challenge`` is what its receiver is to answer,
    until ``verify_until``. ``failures`` counts how often it gave no answer, one after the other, and ``failing_since``
    is when it last stopped taking what it was told; None if it takes it."""

    id: str
    project_id: str
    name: str
    url: str
    secret: str
    state: WebhookState
    created_at: int
    due_at: int
    challenge: str | None = None
    verify_until: int | None = None
    verified_at: int | None = None
    old_secret: str | None = None
    old_secret_until: int | None = None
    reason: str = ""
    failures: int = 0
    failing_since: int | None = None
    version: int = 0

    def secrets_at(self, now: int) -> tuple[str, ...]:
        """The sealed secrets that are valid, the newest first."""
        old_is_valid = self.old_secret is not None and self.old_secret_until is not None and now < self.old_secret_until
        return (self.secret, self.old_secret) if self.old_secret is not None and old_is_valid else (self.secret,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What a webhook is to be told of. Of each list one must fit, and an empty list fits everything."""

    id: str
    webhook_id: str
    project_id: str
    created_at: int
    event_types: tuple[str, ...] = ()
    flavors: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    version: int = 0

    def wants(self, kind: str, about: Instance | None) -> bool:
        """Whether it asks for messages of this type about this instance; None if they are about no instance."""
        if self.event_types and kind not in self.event_types:
            return False
        return about is None or (
            _fits(self.flavors, [about.flavor]) and _fits(self.instances, [about.id]) and _fits(self.tags, about.tags)
        )


def _fits(wanted: Collection[str], found: Iterable[str]) -> bool:
    return not wanted or any(one in wanted for one in found)


def wanting(
    webhooks: Iterable[Webhook], subscriptions: Iterable[Subscription], kind: str, about: Instance | None
) -> list[Webhook]:
    """The webhooks that are to be told, each once however many of its subscriptions fit."""
    asking = {one.webhook_id for one in subscriptions if one.wants(kind, about)}
    return [one for one in webhooks if one.state is WebhookState.ENABLED and one.id in asking]


def challenged(webhook: Webhook, token: str, now: int) -> Webhook:
    """The webhook from when its receiver has to show that it is one."""
    return replace(
        webhook,
        state=WebhookState.UNVERIFIED,
        challenge=token,
        verify_until=now + VERIFY_SECONDS,
        reason="",
        failures=0,
        failing_since=None,
        due_at=now,
    )


def verified(webhook: Webhook, now: int) -> Webhook:
    """The webhook whose receiver has answered its challenge."""
    return replace(webhook, state=WebhookState.ENABLED, challenge=None, verify_until=None, verified_at=now, reason="")


def taken(webhook: Webhook, now: int) -> Webhook:
    """The webhook while somebody speaks to its receiver."""
    return replace(webhook, due_at=now + HOLD_SECONDS)


def after(webhook: Webhook, answers: Sequence[Answer], now: int, chance: float, patience: int) -> Webhook:
    """The webhook after these answers: free again, resting, or disabled if it has failed for longer than patience."""
    for answer in answers:
        webhook = _after_one(webhook, answer, now)
    rest = wait_after(webhook.failures, chance, answers[-1].retry_after) if answers and webhook.failures else 0
    webhook = replace(webhook, due_at=now + rest)
    if any(answer.is_gone for answer in answers):
        return _disabled(webhook, "its receiver said 410: gone")
    if webhook.failing_since is not None and now - webhook.failing_since >= patience:
        return _disabled(webhook, f"it has failed for {now - webhook.failing_since} s: {_said(answers)}")
    return webhook


def after_challenge(webhook: Webhook, answer: Answer, is_right: bool, now: int, chance: float) -> Webhook:
    """The webhook after its receiver was challenged: verified, tried again later, or given up."""
    if is_right:
        return replace(verified(webhook, now), failures=0, due_at=now)
    said = f"the challenge was not answered: {answer.in_words}"
    failures = webhook.failures + 1
    due_at = now + wait_after(failures, chance, answer.retry_after)
    if webhook.verify_until is None or due_at >= webhook.verify_until:
        return replace(webhook, challenge=None, verify_until=None, reason=said, failures=0, due_at=now)
    return replace(webhook, reason=said, failures=failures, due_at=due_at)


def _after_one(webhook: Webhook, answer: Answer, now: int) -> Webhook:
    if answer.is_good:
        return replace(webhook, failures=0, failing_since=None)
    since = now if webhook.failing_since is None else webhook.failing_since
    failures = webhook.failures + 1 if answer.is_of_the_receiver else 0
    return replace(webhook, failures=failures, failing_since=since)


def _said(answers: Sequence[Answer]) -> str:
    return answers[-1].in_words if answers else "no answer"


def _disabled(webhook: Webhook, reason: str) -> Webhook:
    return replace(webhook, state=WebhookState.DISABLED, reason=reason)
