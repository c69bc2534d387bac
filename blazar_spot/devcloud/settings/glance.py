# SPDX-License-Identifier: Apache-2.0
"""Glance's file: images in a directory, which is all that a tiny image needs."""

from blazar_spot.devcloud.settings.credentials import database, token_checks
from blazar_spot.devcloud.settings.ini import Settings
from blazar_spot.devcloud.site import Site


def glance(site: Site) -> Settings:
    images = site.root / "glance"
    return {
        "DEFAULT": {
            "enabled_backends": "local:file",
            "node_staging_uri": f"file://{images}/staging",
        },
        "database": database(site, "glance"),
        "glance_store": {"default_backend": "local"},
        "local": {"filesystem_store_datadir": str(images / "images")},
        "os_glance_staging_store": {"filesystem_store_datadir": str(images / "staging")},
        "os_glance_tasks_store": {"filesystem_store_datadir": str(images / "tasks")},
        "keystone_authtoken": token_checks(site, "glance"),
        "paste_deploy": {"flavor": "keystone"},
    }
