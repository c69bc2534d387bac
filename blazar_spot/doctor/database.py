# SPDX-License-Identifier: Apache-2.0
"""Whether the tables are those that this program reads and writes."""

from collections.abc import Iterator

from blazar_spot.core.findings import Finding, bad, ok
from blazar_spot.doctor.patient import Patient


def schema(patient: Patient) -> Iterator[Finding]:
    found, newest = patient.schema.version(), patient.schema.newest()
    if found == newest:
        yield ok(f"The schema's version is {found}, the newest.")
    elif found is None:
        yield bad("The database has no tables of ours.", "Run blazar-spot-manage db sync.")
    elif newest is not None and found > newest:
        yield bad(
            f"The schema's version is {found}, and this program knows {newest} as the newest.",
            "Bring blazar_spot on this machine to the release of the others.",
        )
    else:
        yield bad(
            f"The schema's version is {found}, and this program needs {newest}.", "Run blazar-spot-manage db sync."
        )
