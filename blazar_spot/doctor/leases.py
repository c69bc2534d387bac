# SPDX-License-Identifier: Apache-2.0
"""Whether blazar-manager has our plugins: then what is reserved there is known here."""

from collections.abc import Iterator

from blazar_spot.core.findings import Finding, bad, ok, some
from blazar_spot.doctor.patient import Patient


def published(patient: Patient) -> Iterator[Finding]:
    now = patient.clock.now()
    reserved = patient.surroundings.reservations(now)
    with patient.store.begin() as work:
        claimed = {claim.reservation_id for claim in work.open_claims()}
    unheard = sorted(set(reserved) - claimed)
    if unheard:  # one whose lease has ended since it was asked for has no claim any more, and is told of no more
        unheard = sorted(set(unheard) & set(patient.surroundings.reservations(now)))
    if unheard:
        yield bad(
            f"Blazar has reservations that nobody has told us of: {some(unheard)}.",
            "Start blazar-manager with our plugins in [manager] plugins and our file in [spot] config_file of "
            "blazar.conf; its log says what it has loaded.",
        )
    else:
        yield ok(f"All {len(reserved)} reservations of Blazar are known here.")
