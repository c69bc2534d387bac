# SPDX-License-Identifier: Apache-2.0
"""Databases with all schemas in them, kept between clouds, because making them takes longer than all else.

One template for each set of versions of the installed services, below the user's cache directory. It is
put in place in one move; two clouds that need the same one wait for each other. Next: `schemas`.
"""

import fcntl
import hashlib
import importlib.metadata
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from blazar_spot.devcloud import mariadb, schemas

PACKAGES = ("keystone", "openstack-placement", "glance", "nova", "blazar")
PARTS = ("mariadb", "keystone")


def key() -> str:
    """A name that changes with anything the schemas depend on."""
    versions = [f"{name}={importlib.metadata.version(name)}" for name in PACKAGES]
    server = subprocess.run([mariadb.executable(), "--version"], check=True, capture_output=True, text=True).stdout
    sources = [Path(str(module.__file__)).read_text() for module in (mariadb, schemas)]
    return hashlib.sha256("\n".join([*versions, server, *sources]).encode()).hexdigest()[:16]


def put(root: Path, make: Callable[[], None]) -> None:
    """Put a copy of the template's parts below `root`; if there is none yet, `make` them there and keep a copy."""
    template = _cache() / key()
    with _alone(template):
        if not template.exists():
            make()
            _keep(root, template)
            return
    for part in PARTS:
        _copy(template / part, root / part)


def _keep(root: Path, template: Path) -> None:
    unfinished = template.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for part in PARTS:
        _copy(root / part, unfinished / part)
    unfinished.rename(template)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", "--reflink=auto", "--sparse=always", str(source), str(target)], check=True)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "blazar-spot-devcloud"


@contextmanager
def _alone(template: Path) -> Iterator[None]:
    template.parent.mkdir(parents=True, exist_ok=True)
    with template.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
