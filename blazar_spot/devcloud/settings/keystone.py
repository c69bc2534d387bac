# SPDX-License-Identifier: Apache-2.0
"""Keystone's file: cheap password hashes and a cache, since every request of the cloud passes here."""

from blazar_spot.devcloud.settings.credentials import database
from blazar_spot.devcloud.settings.ini import Settings
from blazar_spot.devcloud.site import Site


def keystone(site: Site) -> Settings:
    keys = site.root / "keystone"
    return {
        "DEFAULT": {"public_endpoint": site.url("keystone")},
        "database": database(site, "keystone"),
        "identity": {"password_hash_rounds": 4},
        "token": {"expiration": 86400},
        "fernet_tokens": {"key_repository": str(keys / "fernet-keys")},
        "credential": {"key_repository": str(keys / "credential-keys")},
        "cache": {"enabled": True, "backend": "dogpile.cache.memory", "expiration_time": 300},
    }
