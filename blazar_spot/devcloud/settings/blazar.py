# SPDX-License-Identifier: Apache-2.0
"""Blazar's file, with upstream's host plugin or ours, and the file of our own services."""

import base64

from blazar_spot.devcloud.settings.credentials import as_service, database, token_checks
from blazar_spot.devcloud.settings.ini import Settings
from blazar_spot.devcloud.site import DOMAIN, PASSWORD, PLUGINS, REGION, Site


def blazar(site: Site) -> Settings:
    settings: Settings = {
        "DEFAULT": {
            "host": "controller",
            "transport_url": site.transport_url,
            "os_auth_host": "127.0.0.1",
            "os_auth_port": site.ports["keystone"],
            "os_admin_username": "blazar",
            "os_admin_password": PASSWORD,
            "os_admin_project_name": "service",
            "os_admin_user_domain_name": DOMAIN,
            "os_admin_project_domain_name": DOMAIN,
            "os_region_name": REGION,
            "identity_service": "identity",
        },
        "database": database(site, "blazar"),
        "keystone_authtoken": token_checks(site, "blazar"),
        "manager": {"plugins": PLUGINS[site.options.plugin]},
        "nova": {"az_aware": True, "aggregate_freepool_name": "freepool"},
        "oslo_concurrency": {"lock_path": str(site.root / "blazar" / "locks")},
        "oslo_messaging_notifications": {"driver": "messagingv2"},
    }
    if site.options.plugin == "spot":
        settings["enforcement"] = {"enabled_filters": "SpotGuaranteeFilter"}
        settings["spot"] = {"config_file": str(site.conf("spot"))}
    return settings


def spot(site: Site) -> Settings:
    return {
        "database": {"connection": site.database_url("blazar_spot")},
        "notifications": {"transport_url": site.transport_url},
        "channels": {"enabled": "messaging,webhooks"},
        "messaging": {"transport_url": site.transport_url},
        # Receivers are on loopback as all else here, which no other cloud should let through.
        "webhooks": {
            "encryption_keys": base64.urlsafe_b64encode(PASSWORD.encode().ljust(32)).decode(),
            "source": site.url("spot-api"),
            "allow_http": True,
            "ports": "",
            "allowed_networks": "127.0.0.1/32",
            "threads": 4,
        },
        # Nova looks every twenty seconds, and stops looking while RabbitMQ does not answer.
        "nova": {"reaper_seconds": 60},
        "service_auth": as_service(site, "spot"),
        "keystone_authtoken": token_checks(site, "spot"),
    }
