# SPDX-License-Identifier: Apache-2.0
"""What stands around us, as far as it can be seen from outside: for examinations, which change nothing.

Every call may raise ``Unreachable`` (nothing is known) and ``Forbidden``.
"""

from collections.abc import Sequence
from typing import Protocol


class Surroundings(Protocol):
    """The other services of the cloud, by their types in the catalog, and our own API among them."""

    def roles(self) -> frozenset[str]:
        """The names of our account's roles."""

    def url(self, service_type: str) -> str:
        """Where the catalog says that this service is. ``NotFound`` if it does not say."""

    def now(self, service_type: str) -> int | None:
        """What time it is for this service; None if it does not tell. ``NotFound`` as for ``url``."""

    def hosts_down(self) -> frozenset[str]:
        """The hypervisors that the compute service takes for down."""

    def reservable_hosts(self) -> frozenset[str]:
        """The hypervisors that the reservation service knows."""

    def reservations(self, now: int) -> Sequence[str]:
        """The ids of the reservations of hosts, whole or in part, that wait or run at this instant, of all projects,
        but for those that are short of hosts: they may have none."""

    def greet_api(self) -> None:
        """Ask our own API whether it is well."""

    def ask_vendordata(self) -> None:
        """Ask our own API what the compute service asks on behalf of guests, of a guest that there is not."""


class Schema(Protocol):
    """The database, apart from what is in it."""

    def version(self) -> str | None:
        """The version its tables have; None before they were made."""

    def newest(self) -> str | None:
        """The version that this program needs."""

    def now(self) -> int:
        """What time it is for the database."""


class Bus(Protocol):
    """The message bus on which the compute service notifies."""

    def listeners(self) -> int | None:
        """How many listen at our queue; None if there is no such queue."""
