# SPDX-License-Identifier: Apache-2.0
"""Reservations of whole hosts get other hosts shortly before their fences close, where that costs spot less.

All under the calendar's lock, from the reading to the writing, and Nova is never asked. The write is one transaction:
if in it anything is not as it was decided on, nothing is written, and the next poll decides again. Who asked for a
host by its name keeps it. Next: ``core.rebinding``.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from blazar import status
from blazar.db.sqlalchemy import facade_wrapper, models
from blazar.utils import plugins as requirements
from oslo_config import cfg

from blazar_spot.core.booking import Candidate
from blazar_spot.core.errors import NotNow
from blazar_spot.core.promises import Claim
from blazar_spot.core.rebinding import Bound, Move
from blazar_spot.enforcement.rebinding import Rebinding
from blazar_spot.plugins import calendar
from blazar_spot.plugins.calendar import instant
from blazar_spot.plugins.matching import matching
from blazar_spot.plugins.rows import rows
from blazar_spot.plugins.updates import settle
from blazar_spot.plugins.windows import windows

LOG = logging.getLogger(__name__)

PROPERTIES = ("hypervisor_properties", "resource_properties")
NAMES = frozenset({"id", "hypervisor_hostname", "service_name"})
"""Whoever requires something of one of these asked for a host by its name."""


class Rebinder:
    """One duty of the monitor."""

    def __init__(self, rebinding: Rebinding, margin: int) -> None:
        self._rebinding = rebinding
        self._margin = margin

    def rebind(self) -> None:
        """Give what is due other hosts, if they are better."""
        with calendar.CHANGES:
            settle()
            due = self._rebinding.due(self._margin)
            ids: dict[str, str] = {}
            bounds = list(_bounds(_movable(claim for claim, _ in due), ids)) if due else []
            moves = self._rebinding.choose(bounds, due, self._margin) if bounds else []
            if moves:
                _write(moves, ids)


def _movable(due: Iterable[Claim]) -> list[Any]:
    """The rows of these claims that may be written: of reservations that have not begun and ask for no host by name."""
    leaving: dict[str, set[str]] = defaultdict(set)
    for claim in due:
        leaving[claim.reservation_id].add(claim.host)
    are_ahead = (
        models.Reservation.id.in_(list(leaving)),
        models.Reservation.status == status.reservation.PENDING,
        models.Lease.status == status.lease.PENDING,
    )
    found = rows(*are_ahead, wanted=models.ComputeHostReservation, columns=PROPERTIES)
    return [row for row in found if row.host in leaving[row.reservation_id] and not _is_named(row)]


def _required(row: Any) -> list[str]:
    texts = (getattr(row, name) for name in PROPERTIES)
    return [one for text in texts if text for one in requirements.convert_requirements(text)]


def _is_named(row: Any) -> bool:
    return any(one.split(" ", 1)[0] in NAMES for one in _required(row))


def _busy(held: Sequence[Any]) -> dict[str, list[tuple[int, int]]]:
    """By their ids, when hosts are not to be had whatever of these moves. Between two reservations a host is cleaned,
    which is counted behind each of them."""
    movable = {(row.reservation_id, row.compute_host_id) for row in held}
    busy: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in windows(min(instant(row.start_date) for row in held) - _cleaning(), None):
        if (row.reservation_id, row.compute_host_id) not in movable:
            busy[row.compute_host_id].append((instant(row.start_date), instant(row.end_date) + _cleaning()))
    return busy


def _cleaning() -> int:
    return int(cfg.CONF.cleaning_time) * 60


def _bounds(held: Sequence[Any], ids: dict[str, str]) -> Iterator[Bound]:
    """What may be chosen for each reservation; ``ids`` learns the ids that Blazar knows the hosts by."""
    busy = _busy(held) if held else {}
    by_reservation = defaultdict(list)
    for row in held:
        by_reservation[row.reservation_id].append(row)
    for reservation_id, mine in by_reservation.items():
        offered = [host for host in matching(_required(mine[0])) if host.reservable]
        every = {host.hypervisor_hostname: (host.id, host.service_name) for host in offered}
        every |= {row.host: (row.compute_host_id, row.service_host) for row in mine}
        ids.update((name, host_id) for name, (host_id, _) in every.items())
        yield Bound(
            reservation_id,
            instant(mine[0].start_date),
            instant(mine[0].end_date) + _cleaning(),
            frozenset(row.host for row in mine),
            tuple(
                Candidate(name, service_host, tuple(sorted(busy.get(host_id, ()))))
                for name, (host_id, service_host) in every.items()
            ),
        )


def _write(moves: Sequence[Move], ids: Mapping[str, str]) -> None:
    """Move all of them, or raise ``NotNow`` with none moved."""
    joined = sorted(ids[move.joins] for move in moves)
    host = models.ComputeHost
    with facade_wrapper.session_for_write() as session:
        # Whoever else moves reservations to these hosts waits here, and what is read from now on is the newest.
        session.query(host.id).filter(host.id.in_(joined)).order_by(host.id).with_for_update().all()
        for move in moves:
            _move(session, move, ids)
        after = rows(models.ComputeHostAllocation.compute_host_id.in_(joined))
        for move in moves:
            _must_be_alone(move, [row for row in after if row.host == move.joins])
    for move in moves:
        LOG.info("Reservation %s gets %s in the place of %s", move.reservation_id, move.joins, move.leaves)


def _move(session: Any, move: Move, ids: Mapping[str, str]) -> None:
    held = models.ComputeHostAllocation
    row = session.query(held).filter(
        held.reservation_id == move.reservation_id, held.compute_host_id == ids[move.leaves]
    )
    if row.update({"compute_host_id": ids[move.joins]}, synchronize_session=False) != 1:
        raise NotNow(f"reservation {move.reservation_id} does not have {move.leaves} any more")


def _must_be_alone(move: Move, there: Sequence[Any]) -> None:
    """Nothing else on the host overlaps with the reservation, the cleaning included, and it has not begun."""
    (mine,) = (row for row in there if row.reservation_id == move.reservation_id)
    cleaning = timedelta(minutes=cfg.CONF.cleaning_time)
    is_ahead = (mine.status, mine.lease_status) == (status.reservation.PENDING, status.lease.PENDING)
    is_alone = not any(
        row.start_date < mine.end_date + cleaning and mine.start_date < row.end_date + cleaning
        for row in there
        if row is not mine
    )
    if not (is_ahead and is_alone):
        raise NotNow(f"reservation {move.reservation_id} cannot have {move.joins} any more")
