# SPDX-License-Identifier: Apache-2.0
"""What /healthcheck looks at beyond that the process runs: the database, with the schema that this code reads.

It is a backend of oslo.middleware's, ``blazar_spot_database`` in ``[healthcheck] backends``. A proxy that asks takes an
API out of its rounds while the database does not answer. How the engines do is for /v1/engines and the doctor: an API
that waits for them can still answer.
"""

import logging
from typing import Any

from oslo_middleware.healthcheck.pluginbase import HealthcheckBaseExtension, HealthcheckResult

from blazar_spot.conf import database_of
from blazar_spot.core.errors import SpotError
from blazar_spot.db.engine import Database
from blazar_spot.db.schema import SqlSchema

NAME = "blazar_spot_database"


class DatabaseHealth(HealthcheckBaseExtension):
    """With a connection of its own, so that requests that hold all others do not make the API look ill."""

    def __init__(self, oslo_conf: Any, conf: Any) -> None:
        super().__init__(oslo_conf, conf)
        self._schema = SqlSchema(Database(**{**database_of(oslo_conf), "max_pool_size": 1}))
        self._newest = self._schema.newest()
        logging.getLogger("alembic.runtime.migration").setLevel(logging.WARNING)  # it would tell of each look

    def healthcheck(self, server_port: int) -> HealthcheckResult:
        try:
            found, newest = self._schema.version(), self._newest
        except SpotError as error:
            return HealthcheckResult(available=False, reason="The database does not answer", details=str(error))
        if found is None or newest is None or found < newest:
            told = f"The schema's version is {found or 'none'}, and this code reads {newest}"
            return HealthcheckResult(available=False, reason="The schema is too old", details=told)
        return HealthcheckResult(available=True, reason="The database answers", details=f"schema {found}")
