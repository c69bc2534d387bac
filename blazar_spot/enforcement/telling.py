# SPDX-License-Identifier: Apache-2.0
"""Lets guests read their notices, in the metadata of their servers, and nothing else.

What a guest should read is compared with what it does read. So a write that failed is repeated, keys that the tenant
erased come back, and keys without a notice go away, without any memory of what was done. Writes go out in parallel, by
threads that touch nothing but the cloud.
"""

import logging
from collections.abc import Sequence

from blazar_spot.core.errors import NotFound, NotNow, SpotError, Unreachable
from blazar_spot.core.notice import KEYS, metadata
from blazar_spot.core.promises import Notice
from blazar_spot.enforcement.fleet import Fleet
from blazar_spot.enforcement.logbook import about
from blazar_spot.enforcement.parallel import at_once
from blazar_spot.enforcement.turns import Turns
from blazar_spot.ports.clock import Clock
from blazar_spot.ports.compute import Compute, Server

LOG = logging.getLogger(__name__)

WRITES_AT_ONCE = 20
PATIENCE_SECONDS = 60
"""How long not to warn again of a server that does not take a write, unless it changes."""


class Telling:
    """Tells and untells."""

    def __init__(self, compute: Compute, clock: Clock) -> None:
        self._compute = compute
        self._clock = clock
        self._refused: dict[str, tuple[Server, int]] = {}
        self._turns = Turns(WRITES_AT_ONCE)

    def tell(self, notices: Sequence[Notice], fleet: Fleet) -> dict[str, int]:
        """Write what cannot be read yet and remove what should not be; since when each notice, by its id, is given."""
        pairs = [(one, server) for one in notices if (server := fleet.get(one.instance_id)) and not server.is_going]
        unread = [(one, server) for one, server in pairs if not _is_readable(one, server)]
        now = self._clock.now()
        self._refused = {one: refusal for one, refusal in self._refused.items() if refusal[1] > now - PATIENCE_SECONDS}
        by_server = {server.id: (one, server) for one, server in unread}
        unread = [by_server[one] for one in self._turns.begin(by_server)]
        written = at_once(self._write, unread, WRITES_AT_ONCE)
        known = {notice.instance_id for notice in notices}
        marked = [one for one in fleet.marked() if not one.is_going]
        unwanted = [one for one in marked if one.id not in known or not one.is_spot]
        removed = at_once(self._remove, unwanted, WRITES_AT_ONCE)
        fleet.note_erased(one.id for one, is_removed in zip(unwanted, removed, strict=True) if is_removed)
        given_at = {one.id: _surely_after(now) for one, server in pairs if _is_readable(one, server)}
        return given_at | {notice.id: at for (notice, _), at in zip(unread, written, strict=True) if at is not None}

    def _write(self, pair: tuple[Notice, Server]) -> int | None:
        """Since when the notice counts as given: also when the server's state does not allow it to be written."""
        notice, server = pair
        if self._turns.is_over:
            return None
        try:
            self._compute.write_metadata(server.id, metadata(notice))
            self._turns.note(server.id, is_answered=True)
        except NotNow as error:
            self._note(
                server, notice.id, f"The notice of {server.id} runs, but its metadata cannot be written now: {error}"
            )
        except NotFound:
            return None
        except SpotError as error:
            about(LOG, notice.id).warning("The notice of %s was not given, trying again: %s", server.id, error)
            self._turns.note(server.id, is_answered=not isinstance(error, Unreachable))
            return None
        return _surely_after(self._clock.now())

    def _remove(self, server: Server) -> bool:
        """Whether it is known that the keys are gone."""
        if self._turns.is_over:
            return False
        try:
            self._compute.remove_metadata(server.id, KEYS)
        except NotFound:
            return False
        except SpotError as error:
            self._note(server, "", f"The withdrawn notice of {server.id} can still be read, trying again: {error}")
            self._turns.note(server.id, is_answered=not isinstance(error, Unreachable))
            return False
        return True

    def _note(self, server: Server, incident: str, warning: str) -> None:
        """Warn once of a server that does not take a write, until it changes or time has passed."""
        if server.id not in self._refused or self._refused[server.id][0] != server:
            about(LOG, incident).warning(warning)
            self._refused[server.id] = (server, self._clock.now())


def _is_readable(notice: Notice, server: Server) -> bool:
    return metadata(notice).items() <= server.metadata.items()


def _surely_after(second: int) -> int:
    """What happened at some time within this second had surely happened when the next one began."""
    return second + 1
