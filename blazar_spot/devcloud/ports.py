# SPDX-License-Identifier: Apache-2.0
"""Free ports of 127.0.0.1, so that several clouds can live side by side.

Ports are taken from below the range that the kernel hands to outgoing connections: a service that is
stopped and started again must find its port still free. Next: `site`, which names the ports.
"""

import random
import socket
from collections.abc import Iterable

LOOPBACK = "127.0.0.1"
FIRST, LAST = 20000, 32000


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """A free port for each name, all different."""
    held: dict[str, socket.socket] = {}
    try:
        for name in names:
            held[name] = _hold_any()
        return {name: int(sock.getsockname()[1]) for name, sock in held.items()}
    finally:
        for sock in held.values():
            sock.close()


def is_listening(port: int) -> bool:
    """Whether somebody accepts connections on this port."""
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex((LOOPBACK, port)) == 0


def _hold_any() -> socket.socket:
    for port in random.sample(range(FIRST, LAST), 500):
        sock = socket.socket()
        try:
            sock.bind((LOOPBACK, port))
            return sock
        except OSError:
            sock.close()
    raise RuntimeError(f"no free port between {FIRST} and {LAST} on {LOOPBACK}")
