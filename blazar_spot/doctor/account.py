# SPDX-License-Identifier: Apache-2.0
"""Whether our account may do what we do, and finds everybody, and whether others find us."""

from collections.abc import Iterator

from blazar_spot.core.errors import NotFound
from blazar_spot.core.findings import Finding, bad, ok
from blazar_spot.doctor.patient import Patient

NEEDED = {
    "compute": "Nova's endpoint",
    "placement": "Placement's endpoint",
    "reservation": "Blazar's endpoint",
    "spot": 'our own (openstack service create --name blazar-spot spot, then "openstack endpoint create")',
}
ROLE = "admin"


def roles(patient: Patient) -> Iterator[Finding]:
    found = patient.surroundings.roles()
    if ROLE in found:
        yield ok("Our account has the role admin.")
    else:
        yield bad(
            f"Our account has the roles {', '.join(sorted(found)) or 'none'}, and not admin.",
            "Give the account in [service_auth] the role admin in its project: openstack role add.",
        )


def catalog(patient: Patient) -> Iterator[Finding]:
    for service_type, what in NEEDED.items():
        try:
            yield ok(f"{service_type} is at {patient.surroundings.url(service_type)}.")
        except NotFound:
            yield bad(
                f"The catalog does not say where {service_type} is.",
                f"Enter {what} into the catalog, or say in [service_auth] which region and interface to use.",
            )
