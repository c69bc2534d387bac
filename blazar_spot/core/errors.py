# SPDX-License-Identifier: Apache-2.0
"""The one hierarchy of errors.

Adapters translate what a library raises into these, once; the edges (plugins, commands) turn these into what their
own users expect. ``code`` is stable and is part of what users may rely on.
"""


class SpotError(Exception):
    """Anything that went wrong and has a name."""

    code = "internal"


class Temporary(SpotError):
    """Trying again later may succeed; nothing has to change in between."""

    code = "temporary"


class Permanent(SpotError):
    """Trying the same again will fail again."""

    code = "permanent"


class Unreachable(Temporary):
    """A service did not answer, or answered that it cannot now: nothing is known about the outcome."""

    code = "unreachable"


class StaleVersion(Temporary):
    """Somebody else changed the row since it was read: read again and decide again."""

    code = "stale_version"


class NotNow(Temporary):
    """The object exists, but its present state does not allow the change."""

    code = "not_now"


class OverQuota(NotNow):
    """A quota is used up; there may be room later."""

    code = "over_quota"


class NotFound(Permanent):
    """The object does not exist (any more)."""

    code = "not_found"


class NoFreepool(NotFound):
    """There is no aggregate in which hosts wait for reservations: an operator has to make it, or to say its name."""


class NotOpen(Permanent):
    """What the request is about is over, and nothing can be said to it any more."""

    code = "not_open"


class AlreadyNoticed(Permanent):
    """The instance has been told something already, which stands."""

    code = "already_noticed"


class NotCarriedOut(Permanent):
    """An order that no engine would carry out, as they are configured."""

    code = "not_carried_out"


class PromiseBroken(Permanent):
    """What is asked for would break a promise; as things stand ``earliest_at`` is the first instant that would not."""

    code = "promise_broken"

    def __init__(self, sentence: str, earliest_at: int | None = None) -> None:
        super().__init__(sentence)
        self.earliest_at = earliest_at


class Forbidden(Permanent):
    """Our account may not do this."""

    code = "forbidden"


class BadUrl(Permanent):
    """A URL to which nothing may be sent; the sentence says why."""

    code = "bad_url"


class BadLease(Permanent):
    """A lease that nobody could ask for; the sentence says what is wrong with it."""

    code = "bad_lease"


class NoKey(Permanent):
    """A secret was sealed with a key that is not configured any more."""

    code = "no_key"


class ContradictoryPolicy(Permanent):
    """The configured numbers cannot hold together; the process must not start with them."""

    code = "contradictory_policy"


class Refused(Permanent):
    """A reservation that cannot be served without breaking a promise.

    ``earliest_start`` is the first instant that would work as things stand, or None when there is none.
    """

    def __init__(self, sentence: str, *, code: str, earliest_start: int | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.earliest_start = earliest_start
