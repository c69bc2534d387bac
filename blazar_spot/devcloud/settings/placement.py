# SPDX-License-Identifier: Apache-2.0
"""Placement's file."""

from blazar_spot.devcloud.settings.credentials import database, token_checks
from blazar_spot.devcloud.settings.ini import Settings
from blazar_spot.devcloud.site import Site


def placement(site: Site) -> Settings:
    return {
        "DEFAULT": {"debug": False},
        "placement_database": database(site, "placement"),
        "api": {"auth_strategy": "keystone"},
        "keystone_authtoken": token_checks(site, "placement"),
    }
