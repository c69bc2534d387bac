# SPDX-License-Identifier: Apache-2.0
"""Whether somebody listens to Nova: nothing depends on it, but without it everything is a tick late."""

from collections.abc import Iterator

from blazar_spot.core.findings import Finding, bad, note, ok
from blazar_spot.core.instants import minute
from blazar_spot.doctor.patient import Patient

DIFFERENCE_SECONDS = 5
"""By as much a notification may seem to have been heard before what it tells of: clocks differ."""
ON_ITS_WAY_SECONDS = 60
"""How long it may take from Nova to an engine's next sign of life."""


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
        yield from _arrival(patient)


def _arrival(patient: Patient) -> Iterator[Finding]:
    """An instance that has begun to run must have been heard of, unless that was just now."""
    now = patient.clock.now()
    with patient.store.begin() as work:
        heard = [one.heard_at for one in work.heartbeats() if one.heard_at is not None and not one.is_silent(now)]
        launched = [one.running_since for one in work.instances() if one.running_since is not None]
    settled = [at for at in launched if at < now - ON_ITS_WAY_SECONDS]
    if heard and settled and max(heard) < max(settled) - DIFFERENCE_SECONDS:
        yield bad(
            f"Nothing of Nova has been heard since {minute(max(heard))}, though an instance began to run at "
            f"{minute(max(settled))}.",
            "Set notification_format in [notifications] to versioned or both, and driver in "
            "[oslo_messaging_notifications] to messagingv2, in nova.conf of nova-compute too.",
        )
