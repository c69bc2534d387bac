# SPDX-License-Identifier: Apache-2.0
"""The client of whoever looks at a page: with their token, and with little patience, for a page waits for it."""

from typing import Any

from django.conf import settings
from horizon.exceptions import ServiceCatalogException
from keystoneauth1.session import Session
from keystoneauth1.token_endpoint import Token
from openstack_dashboard.api.base import url_for

from blazar_spot.client import Client

PATIENCE_SECONDS = 5
VERSION = "/v1"
MOST_LEASES = 1000
"""One page of the service: a table of more leases has other worries."""


def client(request: Any) -> Client | None:
    """None where the cloud has no such service."""
    url = address(request)
    if url is None:
        return None
    verify = not settings.OPENSTACK_SSL_NO_VERIFY and (settings.OPENSTACK_SSL_CACERT or True)
    session = Session(Token(url, request.user.token.id), verify=verify, timeout=PATIENCE_SECONDS)
    return Client(session, endpoint_override=url)


def address(request: Any) -> str | None:
    """With the version, whether the catalog has it or not: so nothing has to be found out on the way."""
    try:
        found = str(url_for(request, "spot"))
    except ServiceCatalogException:
        return None
    return found.rstrip("/").removesuffix(VERSION) + VERSION


def sees_all(request: Any) -> bool:
    """Whether this person may read what is other projects': Blazar shows admins everybody's leases."""
    return bool(request.user.is_superuser)
