# SPDX-License-Identifier: Apache-2.0
"""How services prove who they are: to Keystone as themselves, and when they check a user's token.

Used by the builders of every service's file. Next: `accounts`, which makes these users.
"""

from blazar_spot.devcloud.settings.ini import Value
from blazar_spot.devcloud.site import DOMAIN, PASSWORD, REGION, Site


def as_service(site: Site, user: str) -> dict[str, Value]:
    """keystoneauth's options for a service user."""
    return {
        "auth_type": "password",
        "auth_url": site.auth_url,
        "username": user,
        "password": PASSWORD,
        "user_domain_name": DOMAIN,
        "project_name": "service",
        "project_domain_name": DOMAIN,
        "region_name": REGION,
    }


def token_checks(site: Site, user: str) -> dict[str, Value]:
    """keystonemiddleware's options for a service that checks tokens as `user`."""
    return {
        **as_service(site, user),
        "www_authenticate_uri": site.auth_url,
        "service_token_roles": "service",
        "service_token_roles_required": True,
    }


def database(site: Site, schema: str) -> dict[str, Value]:
    """oslo.db's options: few connections kept, as many services share one server."""
    return {"connection": site.database_url(schema), "max_pool_size": 5, "max_overflow": 30}
