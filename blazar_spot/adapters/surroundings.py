# SPDX-License-Identifier: Apache-2.0
"""``CloudSurroundings``: the Surroundings port over Keystone's catalog and whoever stands in it. Nothing is changed.

What time it is for a service is read off the header Date of whatever it answers, be it a refusal.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any

from keystoneauth1.exceptions import CatalogException
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.session import Session

from blazar_spot.adapters.failures import translated
from blazar_spot.adapters.nova import MICROVERSION
from blazar_spot.adapters.rest import ANSWER_SECONDS, Rest
from blazar_spot.core.errors import NotFound, Permanent, Unreachable
from blazar_spot.core.instants import from_datetime, from_iso

ANY = "00000000-0000-0000-0000-000000000000"
"""A guest that there is not."""
HELD = frozenset({"pending", "active"})
"""The states of a reservation that has hosts, or is about to have them."""
OF_HOSTS = frozenset({"physical:host", "virtual:instance", "flavor:instance"})
CHANGING = frozenset({"CREATING", "UPDATING", "DELETING", "STARTING", "TERMINATING"})
"""The states of a lease of which it is not settled yet what it has."""


class CloudSurroundings:
    """The cloud, looked at with our own account."""

    def __init__(self, session: Session, *, region_name: str | None = None, interface: str | None = None) -> None:
        self._session = session
        self._place: dict[str, Any] = {"region_name": region_name, "interface": interface}
        self._compute = Rest(session, "compute", MICROVERSION, region_name, interface)
        self._reservation = Rest(session, "reservation", "1.0", region_name, interface)

    def roles(self) -> frozenset[str]:
        auth = self._session.auth
        if not isinstance(auth, BaseIdentityPlugin):
            raise Permanent("auth_type in [service_auth] is one that has no roles")
        with translated("identity: a token"):
            return frozenset(auth.get_access(self._session).role_names or ())

    def url(self, service_type: str) -> str:
        try:
            with translated(f"the catalog: {service_type}"):
                found = self._session.get_endpoint(service_type=service_type, **self._place)
        except Permanent as error:
            if isinstance(error.__cause__, CatalogException):
                raise NotFound(str(error)) from error
            raise
        if found is None:
            raise NotFound(f"The catalog has no {service_type}.")
        return str(found).rstrip("/")

    def now(self, service_type: str) -> int | None:
        url = self.url(service_type)
        with translated(f"{service_type}: GET {url}"):
            answer = self._session.get(url, authenticated=False, raise_exc=False, timeout=ANSWER_SECONDS)
        date = answer.headers.get("Date")
        return None if date is None else from_datetime(parsedate_to_datetime(date))

    def hosts_down(self) -> frozenset[str]:
        hypervisors = self._compute.pages("/os-hypervisors/detail", "hypervisors")
        return frozenset(one["hypervisor_hostname"] for one in hypervisors if one["state"] != "up")

    def reservable_hosts(self) -> frozenset[str]:
        return frozenset(one["hypervisor_hostname"] for one in self._reservation.all("/os-hosts")["hosts"])

    def reservations(self, now: int) -> Sequence[str]:
        return [
            reservation["id"]
            for lease in self._reservation.all("/leases")["leases"]
            if lease["status"] not in CHANGING and _instant(lease["end_date"]) > now
            for reservation in lease["reservations"]
            if reservation["resource_type"] in OF_HOSTS
            and reservation["status"] in HELD
            and not reservation["missing_resources"]
        ]

    def greet_api(self) -> None:
        url = self.url("spot") + "/healthcheck"
        with _answering(f"spot: GET {url}"):
            self._session.get(url, authenticated=False, timeout=ANSWER_SECONDS)

    def ask_vendordata(self) -> None:
        url = self.url("spot") + "/v1/vendordata"
        guest = {"instance-id": ANY, "project-id": ANY}
        with _answering(f"spot: POST {url}"):
            self._session.post(url, json=guest, timeout=ANSWER_SECONDS)


def _instant(date: str) -> int:
    """The reservation service's dates are in UTC and do not say so."""
    return from_iso(f"{date}+00:00")


@contextmanager
def _answering(request: str) -> Iterator[None]:
    """Whoever is asked is there; an address at which there is nothing of ours is a wrong one."""
    try:
        with translated(request):
            yield
    except NotFound as error:
        raise Permanent(f"somebody else answers there: {error}") from error
    except Unreachable as error:
        raise Unreachable(f"it does not answer, or not well: {error}") from error
