# SPDX-License-Identifier: Apache-2.0
"""Whether the instances of preemptible flavors consume the spot pools: else nothing keeps them off a host in time."""

from collections.abc import Iterator

from blazar_spot.core.findings import Finding, bad, note, ok, some
from blazar_spot.core.flavors import missing_specs
from blazar_spot.doctor.patient import Patient


def enrolment(patient: Patient) -> Iterator[Finding]:
    flavors = patient.compute.preemptible_flavors()
    outside = sorted(one.name for one in flavors.values() if missing_specs(one))
    if not flavors:
        yield note(
            "There is no preemptible flavor.",
            "Make one: openstack flavor set --property blazar:preemptible=true FLAVOR.",
        )
    elif outside:
        fix = (
            "Start blazar-spot-engine, which adds what they lack within sweep_seconds."
            if patient.is_auto_enrolling
            else "Set auto_enrol in [engine], or add the extra specs resources:CUSTOM_SPOT_... yourself."
        )
        yield bad(f"Preemptible flavors do not consume the spot pools: {some(outside)}.", fix)
    else:
        yield ok(f"All {len(flavors)} preemptible flavors consume the spot pools.")
