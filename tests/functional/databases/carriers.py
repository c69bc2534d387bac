# SPDX-License-Identifier: Apache-2.0
"""An engine's part that tells webhooks, as a process of its own that somebody may kill: ``python carriers.py URL KEY``.

Everything is as in the engine but for the time, which runs faster: what a dead process held is free after seconds.
"""

import sys
import threading
import time
from ipaddress import ip_network

from blazar_spot.adapters.cloud_events import CloudEvents
from blazar_spot.adapters.destinations import Rules
from blazar_spot.adapters.fernet_keyring import FernetKeyring
from blazar_spot.adapters.http_courier import HttpCourier
from blazar_spot.db.engine import Database
from blazar_spot.db.store import SqlStore
from blazar_spot.enforcement.bearers import Bearers
from blazar_spot.enforcement.deliveries import Deliveries
from blazar_spot.enforcement.sorting import Sorting

FASTER = 20
PATIENCE_SECONDS = 24 * 3600


class Hurried:
    """A clock that runs so many times as fast as the machine's."""

    def now(self) -> int:
        return int(time.time() * FASTER)

    def wait(self, seconds: float) -> bool:
        time.sleep(seconds / FASTER)
        return False


def main(url: str, key: str) -> None:
    """Carry until killed."""
    store, clock = SqlStore(Database(url)), Hurried()
    rules = Rules(allow_http=True, ports=frozenset(), allowed=(ip_network("127.0.0.0/8"),))
    courier = HttpCourier(rules, clock, seconds=10)
    envelopes, keyring = CloudEvents("https://spot.example/"), FernetKeyring([key])
    deliveries = Deliveries(store, courier, envelopes, keyring, clock, PATIENCE_SECONDS)
    threading.Thread(target=Sorting(store, lambda: None).run, args=(clock.wait,), daemon=True).start()
    Bearers(deliveries, 4, lambda: None).run(clock.wait)


if __name__ == "__main__":
    main(*sys.argv[1:])
