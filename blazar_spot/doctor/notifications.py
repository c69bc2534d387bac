# SPDX-License-Identifier: Apache-2.0
"""Whether somebody listens to Nova: nothing depends on it, but without it everything is a tick late."""

from collections.abc import Iterator

from blazar_spot.core.findings import Finding, bad, note, ok
from blazar_spot.doctor.patient import Patient


def hearing(patient: Patient) -> Iterator[Finding]:
    if patient.bus is None:
        yield note(
            "Nobody listens to Nova's notifications; the engine looks every tick_seconds.",
            "Set transport_url in [notifications] to have it look as soon as something changes.",
        )
        return
    listeners = patient.bus.listeners()
    if not listeners:
        what = "There is no queue of ours" if listeners is None else "Nobody reads our queue"
        yield bad(
            f"{what} on the message bus.",
            "Start blazar-spot-engine; if it runs, compare exchange, topic and pool in [notifications] with nova.conf.",
        )
    else:
        yield ok(f"{listeners} engines listen to Nova's notifications.")
