# SPDX-License-Identifier: Apache-2.0
"""Whether engines work, may do what they have to, and are in time."""

from collections.abc import Iterator

from blazar_spot.core.findings import Finding, bad, note, ok, some
from blazar_spot.core.instants import minute
from blazar_spot.core.reclaim import State
from blazar_spot.core.switch import Mode
from blazar_spot.doctor.patient import Patient


def signs_of_life(patient: Patient) -> Iterator[Finding]:
    now = patient.clock.now()
    with patient.store.begin() as work:
        beats, switch = work.heartbeats(), work.switch()
    living = [one for one in beats if not one.is_silent(now)]
    if not living:
        yield bad("No engine gives signs of life.", "Start blazar-spot-engine, and read its log if it ends again.")
    for one in living:
        told = f"{one.told(now)}."
        if one.failing_since is not None:
            yield bad(told, "Its log says what does not answer: Nova, Placement or the database.")
        elif one.mode != Mode.ENFORCE:
            yield note(told, "Set mode in [engine] to enforce when hosts are to be emptied for reservations.")
        else:
            yield ok(told)
    if switch.paused_at is not None:
        reason = switch.reason or "no reason given"
        yield note(
            f"Evictions have been paused since {minute(switch.paused_at)}: {reason}.",
            "Run blazar-spot-manage engine resume when that is over.",
        )


def lateness(patient: Patient) -> Iterator[Finding]:
    with patient.store.begin() as work:
        reclaims = work.open_reclaims()
    late = sorted(one.host for one in reclaims if one.state is State.OVERDUE)
    if late:
        yield bad(
            f"Hosts are late for their reservations or drains: {some(late)}.",
            'Go by the runbook "A reclaim is OVERDUE" of the page "Operating".',
        )
    else:
        yield ok(f"None of {len(reclaims)} open reclaims is late.")
