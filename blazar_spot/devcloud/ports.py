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


_CLAIMS: list[socket.socket] = []
"""Names in the kernel for the ports that this process has given out: they are gone when it is."""


def free_ports(names: Iterable[str]) -> dict[str, int]:
    """A free port for each name, none of which was given to anybody else who is still bringing a cloud up."""
    ports = (port for port in random.sample(range(FIRST, LAST), LAST - FIRST) if _claim(port))
    try:
        return {name: next(ports) for name in names}
    except StopIteration:
        raise RuntimeError(f"no free port between {FIRST} and {LAST} on {LOOPBACK}") from None


def is_listening(port: int) -> bool:
    """Whether somebody accepts connections on this port."""
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex((LOOPBACK, port)) == 0


def _claim(port: int) -> bool:
    """Whether the port is free, and from now on nobody else's."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0blazar-spot-devcloud-port-{port}")  # As in `exclusive`: no file, and it ends with the process.
        with socket.socket() as sock:
            sock.bind((LOOPBACK, port))
    except OSError:
        claim.close()
        return False
    _CLAIMS.append(claim)
    return True
