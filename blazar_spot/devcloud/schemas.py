# SPDX-License-Identifier: Apache-2.0
"""The commands that make the schemas of all services, and Keystone's first user and keys.

Three families side by side, each in its own order. This takes long: `template` keeps the result.
"""

import os
import threading

from blazar_spot.devcloud.processes import Processes
from blazar_spot.devcloud.services import python_environment, script
from blazar_spot.devcloud.site import PASSWORD, REGION, Site
from blazar_spot.devcloud.steps import Step

# Nova fills these in from its own configuration, so a cell does not know the ports of one cloud.
CELL_DATABASE = "{scheme}://{username}:{password}@{hostname}:{port}/%s?{query}"
CELL_MESSAGES = "{scheme}://{username}:{password}@{hostname}:{port}/"


def sync_steps(site: Site, processes: Processes) -> list[Step]:
    """The steps that fill empty schemas."""
    families = {"keystone": _keystone(site), "others": _others(site), "nova": _nova(site)}

    def run(family: str, called_off: threading.Event) -> None:
        for number, command in enumerate(families[family], start=1):
            processes.run(f"sync-{family}-{number}", command, python_environment(), called_off)

    return [
        Step(f"schemas of {family}", lambda called_off, family=family: run(family, called_off))  # type: ignore[misc]
        for family in families
    ]


def spot_sync(site: Site) -> list[str]:
    return [script("blazar-spot-manage"), "--config-file", str(site.conf("spot")), "db", "sync"]


def _keystone(site: Site) -> list[list[str]]:
    manage = [script("keystone-manage"), "--config-file", str(site.conf("keystone"))]
    owner = ["--keystone-user", "root", "--keystone-group", "root"] if _is_root() else []
    return [
        [*manage, "db_sync"],
        [*manage, "fernet_setup", *owner],
        [*manage, "credential_setup", *owner],
        [*manage, "bootstrap", "--bootstrap-password", PASSWORD, "--bootstrap-region-id", REGION],
    ]


def _others(site: Site) -> list[list[str]]:
    return [
        [script("placement-manage"), "--config-file", str(site.conf("placement")), "db", "sync"],
        [script("glance-manage"), "--config-file", str(site.conf("glance")), "db_sync"],
        [script("blazar-db-manage"), "--config-file", str(site.conf("blazar")), "upgrade", "head"],
    ]


def _nova(site: Site) -> list[list[str]]:
    manage = [script("nova-manage"), "--config-file", str(site.conf("nova"))]
    cell = ["--database_connection", CELL_DATABASE % "nova", "--transport-url", CELL_MESSAGES]
    return [
        [*manage, "api_db", "sync"],
        [*manage, "cell_v2", "map_cell0", "--database_connection", CELL_DATABASE % "nova_cell0"],
        [*manage, "cell_v2", "create_cell", "--name", "cell1", *cell],
        [*manage, "db", "sync"],
    ]


def _is_root() -> bool:
    return os.geteuid() == 0
