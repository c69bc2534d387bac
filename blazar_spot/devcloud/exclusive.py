# SPDX-License-Identifier: Apache-2.0
"""One at a time on one directory: a lock that is gone with its holder and leaves no file behind.

Two that bring the same cloud up would take each other for a crashed run.
"""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Busy(Exception):
    """Somebody else holds it."""


@contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Hold the directory; raise Busy at once when somebody else does."""
    # A name beginning with a zero byte is the kernel's own: it needs no file and ends with the process.
    name = f"\0blazar-spot-devcloud-{hashlib.sha256(bytes(directory.resolve())).hexdigest()}"
    with socket.socket(socket.AF_UNIX) as lock:
        try:
            lock.bind(name)
        except OSError as error:
            raise Busy(f"somebody else is bringing {directory} up or down") from error
        yield
