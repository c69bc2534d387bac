# SPDX-License-Identifier: Apache-2.0
"""Who may use the cloud and where its services are: projects, users, roles, catalog.

`demo` runs spot instances, `owner` owns reservations, both are members of a project of their own name;
the services are admins of the project `service`. Next: `stock`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from blazar_spot.devcloud.site import DOMAIN, PASSWORD, REGION, Site

if TYPE_CHECKING:
    from openstack.connection import Connection

PEOPLE = ("demo", "owner")
SERVICE_USERS = ("nova", "placement", "glance", "blazar", "neutron", "spot")


@dataclass(frozen=True)
class CatalogEntry:
    """A line of the service catalog."""

    type: str
    service: str
    path: str = ""


CATALOG = (
    CatalogEntry("identity", "keystone", "/v3"),
    CatalogEntry("placement", "placement"),
    CatalogEntry("image", "glance"),
    CatalogEntry("compute", "nova-api", "/v2.1"),
    CatalogEntry("network", "network-stand-in"),
    CatalogEntry("reservation", "blazar-api", "/v1"),
)
OURS = CatalogEntry("spot", "spot-api")


def connect(site: Site, user: str, project: str | None = None) -> Connection:
    """A connection that reads nothing of the person's own OpenStack configuration."""
    import openstack  # takes half a second, which "--help" has no use for

    return openstack.connect(
        load_envvars=False,
        load_yaml_config=False,
        auth=credentials(site, user, project),
        region_name=REGION,
        interface="public",
        identity_endpoint_override=site.auth_url,
        app_name="blazar-spot-devcloud",
    )


def credentials(site: Site, user: str, project: str | None = None) -> dict[str, str]:
    """What a user shows to Keystone; the project is called as the user if nothing else is said."""
    return {
        "auth_url": site.auth_url,
        "username": user,
        "password": PASSWORD,
        "project_name": project or ("service" if user in SERVICE_USERS else user),
        "user_domain_name": DOMAIN,
        "project_domain_name": DOMAIN,
    }


def create_accounts(site: Site) -> None:
    """Make the catalog and all users; once, on a Keystone that knows only its admin."""
    cloud = connect(site, "admin")
    _create_catalog(cloud, site)
    roles = {role.name: role for role in cloud.identity.roles()}
    service = cloud.identity.create_project(name="service", domain_id="default")
    roles.setdefault("service", None)
    if roles["service"] is None:
        roles["service"] = cloud.identity.create_role(name="service")
    for name in SERVICE_USERS:
        _create_user(cloud, name, service, [roles["admin"], roles["service"]])
    for name in PEOPLE:
        project = cloud.identity.create_project(name=name, domain_id="default")
        _create_user(cloud, name, project, [roles["member"]])


def _create_catalog(cloud: Connection, site: Site) -> None:
    for entry in (*CATALOG, OURS) if site.options.plugin == "spot" else CATALOG:
        known = list(cloud.identity.services(type=entry.type))
        service = known[0] if known else cloud.identity.create_service(name=entry.service, type=entry.type)
        for interface in ("public", "internal"):
            cloud.identity.create_endpoint(
                service_id=service.id,
                interface=interface,
                url=site.url(entry.service) + entry.path,
                region_id=REGION,
            )


def _create_user(cloud: Connection, name: str, project: object, roles: list[object]) -> None:
    user = cloud.identity.create_user(name=name, password=PASSWORD, domain_id="default")
    for role in roles:
        cloud.identity.assign_project_role_to_user(project, user, role)
