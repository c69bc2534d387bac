# SPDX-License-Identifier: Apache-2.0
"""All checks, from what the others stand on to what stands on them; one that cannot look does not stop the next."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from blazar_spot.core.errors import SpotError
from blazar_spot.core.findings import Finding, unknown
from blazar_spot.doctor import account, api, clocks, database, engines, flavors, hosts, leases, notifications, webhooks
from blazar_spot.doctor.patient import Patient

Check = Callable[[Patient], Iterator[Finding]]

CHECKS: Mapping[str, Check] = {
    "database": database.schema,
    "account": account.roles,
    "catalog": account.catalog,
    "clocks": clocks.agreement,
    "freepool": hosts.freepool,
    "pools": hosts.pools,
    "flavors": flavors.enrolment,
    "engines": engines.signs_of_life,
    "reclaims": engines.lateness,
    "leases": leases.published,
    "notifications": notifications.hearing,
    "api": api.health,
    "vendordata": api.vendordata,
    "webhooks": webhooks.secrets,
}


def examine(patient: Patient) -> Iterator[Finding]:
    """Everything that is found, as it is found."""
    for name, check in CHECKS.items():
        for finding in _guarded(check, patient):
            yield replace(finding, check=name)


def _guarded(check: Check, patient: Patient) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except SpotError as error:
        sentence = str(error).rstrip(".")
        yield unknown(f"It could not be looked at: {sentence}.", "See to what this names, and to what is bad above.")
