# SPDX-License-Identifier: Apache-2.0
"""Which leases Blazar is creating or updating in this process, however long that takes.

It marks a lease before it changes it, and if the mark is still there later, nothing says whether anybody is at it. But
each call has a context, which it leaves when it is over, whatever ended it; and whatever our plugins are asked for is
asked in the context of the lease's trust, inside that one.
"""

from blazar.context import BlazarContext

_CALLS: dict[str, tuple[list[BlazarContext], BlazarContext]] = {}
"""By lease: the contexts of the thread that was at it last, and which of them is that call's."""


def note(lease_id: str) -> None:
    """A plugin is asked for something for the lease by the call that creates or updates it."""
    for one in list(_CALLS):
        if not is_at_work(one):
            _CALLS.pop(one, None)
    contexts = getattr(BlazarContext._context_stack, "stack", [])
    if len(contexts) > 1:
        _CALLS[lease_id] = contexts, contexts[-2]


def is_at_work(lease_id: str) -> bool:
    """Whether that call is not over yet. Of one that has not come to our plugins nothing is known."""
    call = _CALLS.get(lease_id)
    return call is not None and call[1] in call[0]
