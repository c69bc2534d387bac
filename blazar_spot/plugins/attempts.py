# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in what Blazar's clients and its database do, and how the log tells of what came to nothing by it: in
one line if somebody was away, with a traceback only if nobody expects it.

Blazar's own clients and its database raise what their libraries raise. Here, and nowhere else in the plugins, it is
decided which of it means no more than waiting, by the tables that our own adapters and our own database go by.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from blazar.manager.exceptions import NoFreePool
from blazar.plugins.instances.instance_plugin import nova_exceptions
from blazar.utils.openstack.exceptions import (
    InventoryConflict,
    InventoryUpdateFailed,
    ResourceClassDeletionFailed,
    ResourceProviderListFailed,
    ResourceProviderRetrievalFailed,
)

from blazar_spot.adapters import failures as http
from blazar_spot.core.errors import NoFreepool, Temporary, Unreachable
from blazar_spot.db import failures as database

LOG = logging.getLogger(__name__)

_OF_PLACEMENT = (
    InventoryConflict,
    InventoryUpdateFailed,
    ResourceClassDeletionFailed,
    ResourceProviderListFailed,
    ResourceProviderRetrievalFailed,
)
"""What Blazar makes of any answer but the good one, which is told in its own log."""


@contextmanager
def tried(outcome: str) -> Iterator[None]:
    """Let nothing that goes wrong get out: the log has the ``outcome`` then, and why."""
    try:
        with translated():
            yield
    except (Temporary, NoFreepool) as error:
        LOG.warning("%s: %s", outcome, " ".join(str(error).split()))
    except Exception:
        LOG.exception(outcome)


@contextmanager
def translated() -> Iterator[None]:
    """Raise our errors for those of Blazar, of its clients and of its database; everything else passes."""
    with database.translated(), http.translated("Blazar's client"), _translated():
        yield


@contextmanager
def _translated() -> Iterator[None]:
    """Raise our errors for those of Blazar and of its client for Nova."""
    try:
        yield
    except nova_exceptions.ClientException as error:
        raise http.of_status(error.code, str(error))(f"Nova: {error}") from error
    except _OF_PLACEMENT as error:
        raise Unreachable(f"Placement: {error}") from error
    except NoFreePool as error:
        raise NoFreepool(str(error)) from error
