# SPDX-License-Identifier: Apache-2.0
"""Whether everybody means the same by "now": deadlines are instants, and guests read them by their own clocks."""

from collections.abc import Callable, Iterator

from blazar_spot.core.errors import NotFound
from blazar_spot.core.findings import Finding, bad, note, ok
from blazar_spot.doctor.patient import Patient

TOLERATED_SECONDS = 3
"""More than two clocks that tell whole seconds can differ by while one asks the other."""
SERVICES = ("identity", "compute", "placement", "reservation")


def agreement(patient: Patient) -> Iterator[Finding]:
    yield _compared(patient, "the database", patient.schema.now)
    for service in SERVICES:
        try:
            yield _compared(patient, service, lambda service=service: patient.surroundings.now(service))  # type: ignore[misc]
        except NotFound:
            continue  # the catalog's check says so


def _compared(patient: Patient, whose: str, ask: Callable[[], int | None]) -> Finding:
    """The answer was given at some time between two looks at our own clock."""
    before = patient.clock.now()
    told = ask()
    after = patient.clock.now()
    if told is None:
        return note(f"What time it is for {whose} cannot be seen.", "Compare the clocks of the machines by hand.")
    ahead = told - after if told > after else min(told - before, 0)
    if abs(ahead) <= TOLERATED_SECONDS:
        return ok(f"The clock of {whose} agrees with the one here.")
    return bad(
        f"The clock of {whose} is {abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} the one here.",
        "Let all machines follow the same time servers, with chrony or systemd-timesyncd.",
    )
