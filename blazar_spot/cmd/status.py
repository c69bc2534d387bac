# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-status upgrade check``: whether new code may be started over what there is.

To be run after the new release is installed and before its processes are started. Exit status, as of every OpenStack
service: 0 they may be, 1 look closer, 2 they may not, 255 it could not be checked. What runs is for the doctor. Each
check imports what it needs, so that --help does not.
"""

import sys
from collections.abc import Sequence
from typing import Any

from oslo_config import cfg
from oslo_upgradecheck import upgradecheck

from blazar_spot import conf as configuration
from blazar_spot.core.errors import SpotError

PROGRAM = "blazar-spot-status"
_FINE = upgradecheck.Code.SUCCESS
_FAILS = upgradecheck.Code.FAILURE


class Checks(upgradecheck.UpgradeCommands):
    """What has to be right before a start."""

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self._conf = conf

    def configuration(self) -> upgradecheck.Result:
        """Of numbers that contradict each other no process starts."""
        try:
            configuration.policy_of(self._conf)
            configuration.session_of(self._conf)
        except (cfg.Error, SpotError) as error:
            return upgradecheck.Result(_FAILS, f"{error} Put it right in the configuration file.")
        return upgradecheck.Result(_FINE)

    def schema(self) -> upgradecheck.Result:
        """The tables are brought up to date before the new code reads them."""
        from blazar_spot.db import migration
        from blazar_spot.db.engine import Database

        try:
            found, newest = migration.version(Database(**configuration.database_of(self._conf))), migration.newest()
        except (cfg.Error, SpotError) as error:
            return upgradecheck.Result(_FAILS, str(error))
        if found == newest:
            return upgradecheck.Result(_FINE)
        told = f"The schema's version is {found or 'none'}, and this release needs {newest}."
        return upgradecheck.Result(_FAILS, f"{told} Run blazar-spot-manage db sync.")

    def secrets(self) -> upgradecheck.Result:
        """Webhooks whose secrets nobody can read would be told nothing any more."""
        from blazar_spot.db.engine import Database
        from blazar_spot.db.store import SqlStore
        from blazar_spot.wiring import keyring

        try:
            with SqlStore(Database(**configuration.database_of(self._conf))).begin() as work:
                webhooks = work.webhooks()
            if webhooks:
                keys = keyring(self._conf)
                for webhook in webhooks:
                    keys.opened(webhook.secret)
        except (cfg.Error, SpotError) as error:
            return upgradecheck.Result(upgradecheck.Code.WARNING, str(error))
        return upgradecheck.Result(_FINE)

    def policy_file(self) -> upgradecheck.Result:
        """oslo.policy reads no policy in JSON any more."""
        from oslo_upgradecheck import common_checks

        return common_checks.check_policy_json(self, self._conf)

    _upgrade_checks = (
        ("Configuration", configuration),
        ("Database schema", schema),
        ("Secrets of webhooks", secrets),
        ("Policy file", policy_file),
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Check; the exit status."""
    conf = configuration.declared()
    given: list[Any] = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return upgradecheck.main(conf, configuration.PROJECT, Checks(conf), given)
    except cfg.Error as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 255
