# SPDX-License-Identifier: Apache-2.0
"""The hosts that wait for reservations: that there are any, that they live, and that each has its spot pool."""

from collections.abc import Iterator

from blazar_spot.core.errors import NotFound
from blazar_spot.core.findings import Finding, bad, note, ok, some
from blazar_spot.doctor.patient import Patient


def freepool(patient: Patient) -> Iterator[Finding]:
    try:
        hosts = {one.host for one in patient.compute.freepool_hosts()}
    except NotFound as error:
        yield bad(
            f"{str(error).rstrip('.')}.",
            "Let freepool_name in [nova] be what aggregate_freepool_name in [nova] of blazar.conf is, and create it.",
        )
        return
    if not hosts:
        yield note("No host is in the freepool.", "Add hosts to Blazar: openstack reservation host create HOST.")
    else:
        yield ok(f"{len(hosts)} hosts are in the freepool.")
    strangers = sorted(hosts - patient.surroundings.reservable_hosts())
    if strangers:
        yield bad(
            f"Blazar does not know hosts of the freepool: {some(strangers)}.",
            "Take them out of the aggregate, and add them by openstack reservation host create HOST.",
        )
    down = sorted(hosts & patient.surroundings.hosts_down())
    if down:
        yield bad(
            f"Nova takes hosts of the freepool for down: {some(down)}.",
            "Start nova-compute there; until then nobody can say who is on them, and they are not handed over.",
        )


def pools(patient: Patient) -> Iterator[Finding]:
    try:
        hosts = {one.host for one in patient.compute.freepool_hosts()}
    except NotFound:
        return  # the freepool's check says so
    seen = patient.pool.pools()
    missing = sorted(hosts - seen.keys())
    if missing:
        yield bad(
            f"Hosts of the freepool have no spot pool: {some(missing)}.",
            "Start blazar-spot-engine in the mode protect or enforce, which makes them within sweep_seconds.",
        )
    else:
        closed = sum(sight.is_closed for host, sight in seen.items() if host in hosts)
        yield ok(f"Each host of the freepool has its spot pool; {closed} of {len(hosts)} are closed.")
