# SPDX-License-Identifier: Apache-2.0
"""Deliveries: one message on its way to one webhook, what the receiver said to it, and when the next try is.

News of one incident reaches a receiver in its order. While a receiver gives no answer nothing else is tried, so all
its news stays in order; but what it has answered and not taken holds up only the news of the same incident, since
otherwise one message that a receiver trips over would cost all others their deadlines.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from blazar_spot.core.events import Event, News
from blazar_spot.core.messages import Message, of_event

LONGEST_WAIT_SECONDS = 60
KEEP_SECONDS = 24 * 3600
"""How long is tried what has no deadline."""

_DEADLINE_COUNTS = frozenset({News.SCHEDULED, News.RESCHEDULED})
_OF_THE_RECEIVER = frozenset({429, 502, 503, 504})
"""Statuses that say that nothing can be taken now, whatever it is."""
_GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver said: the beginning of its text, and how many seconds it wants to be left alone. Without a status
    there was no answer, and ``excerpt`` says why."""

    status: int | None
    excerpt: str = ""
    retry_after: int | None = None

    @property
    def is_good(self) -> bool:
        """Whether the receiver has the message for good."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the receiver wants nothing any more."""
        return self.status == _GONE

    @property
    def is_of_the_receiver(self) -> bool:
        """Whether it would say the same to everything now."""
        return self.status is None or self.status in _OF_THE_RECEIVER

    @property
    def in_words(self) -> str:
        return self.excerpt if self.status is None else f"status {self.status}"


class DeliveryState(StrEnum):
    """ABANDONED: its time was over before the receiver had it."""

    PENDING = "pending"
    DELIVERED = "delivered"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message for one webhook. ``status`` and ``response`` are the last answer's; without a status there was none
    yet, or ``response`` says why there was none. ``revision`` puts messages of one instant in their order."""

    id: str
    webhook_id: str
    project_id: str
    subject: str
    message: Message
    revision: int
    written_at: int
    due_at: int
    expires_at: int
    state: DeliveryState = DeliveryState.PENDING
    tries: int = 0
    tried_at: int | None = None
    done_at: int | None = None
    status: int | None = None
    response: str = ""
    version: int = 0


def of_notice(event: Event, webhook_id: str, written_at: int) -> Delivery:
    """The delivery of this event: as long as its deadline is ahead, if that is what it tells."""
    until = event.deadline_at if event.news in _DEADLINE_COUNTS else written_at + KEEP_SECONDS
    return delivery(of_event(event), webhook_id, event.project_id, written_at, until, event.revision)


def delivery(
    message: Message, webhook_id: str, project_id: str, now: int, expires_at: int, revision: int = 0
) -> Delivery:
    """A delivery that is due at once."""
    return Delivery(
        id=f"{message.id}/{webhook_id}",
        webhook_id=webhook_id,
        project_id=project_id,
        subject=message.subject,
        message=message,
        revision=revision,
        written_at=now,
        due_at=now,
        expires_at=expires_at,
    )


def next_ones(due: Iterable[Delivery], waiting: Container[str]) -> list[Delivery]:
    """Of a webhook's deliveries that are due those that may be tried now, one after the other: ``waiting`` are the
    subjects of which another one is not due yet."""
    return sorted((one for one in due if one.subject not in waiting), key=order)


def tried(delivery: Delivery, answer: Answer, now: int, chance: float) -> Delivery:
    """The delivery after this answer: done, due again later, or abandoned if that is too late."""
    told = replace(delivery, tries=delivery.tries + 1, tried_at=now, status=answer.status, response=answer.excerpt)
    if answer.is_good:
        return replace(told, state=DeliveryState.DELIVERED, done_at=now)
    due_at = now if answer.is_of_the_receiver else now + wait_after(told.tries, chance, answer.retry_after)
    later = replace(told, due_at=due_at)
    return abandoned(later, now) if due_at >= delivery.expires_at else later


def abandoned(delivery: Delivery, now: int) -> Delivery:
    """The delivery that is not tried any more."""
    return replace(delivery, state=DeliveryState.ABANDONED, done_at=now)


def repeated(delivery: Delivery, now: int) -> Delivery:
    """The delivery as somebody wants it again: the same message, with the same id."""
    return replace(
        delivery,
        state=DeliveryState.PENDING,
        due_at=now,
        done_at=None,
        tries=0,
        expires_at=max(delivery.expires_at, now + KEEP_SECONDS),
    )


def wait_after(failures: int, chance: float, retry_after: int | None = None) -> int:
    """How long to wait after so many failures: about twice as long each time, and not the same for all; as long as the
    receiver wants, if it says so. ``chance`` is from 0 to 1."""
    longest = min(1 << min(failures, 30), LONGEST_WAIT_SECONDS)
    by_itself = max(round(longest * (0.5 + chance / 2)), 1)
    return by_itself if retry_after is None else max(by_itself, retry_after)


def order(delivery: Delivery) -> tuple[int, int, str]:
    """By when they were written."""
    return delivery.written_at, delivery.revision, delivery.id
