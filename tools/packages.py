#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Install the Debian packages of some bindep.txt profiles, or say how to.

Root gets them installed, anybody else is told the one command to run. No package may start a
service of its own here: the dev cloud runs private ones. Standard library only.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator

ROOT = pathlib.Path(__file__).resolve().parent.parent
POLICY = pathlib.Path("/usr/sbin/policy-rc.d")
INSTALL = ["apt-get", "install", "--yes", "--no-install-recommends"]


def wanted(profiles: set[str]) -> list[str]:
    """The packages that bindep.txt lists under any of the profiles."""
    lines = (ROOT / "bindep.txt").read_text().splitlines()
    rows = [line.split("#")[0].partition("[") for line in lines]
    return [name.strip() for name, _, tags in rows if profiles & set(tags.rstrip("] ").split())]


def is_installed(package: str) -> bool:
    """Whether dpkg has the package, configured."""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    return answer.stdout == "installed"


@contextlib.contextmanager
def no_service_started() -> Iterator[None]:
    """Keep maintainer scripts from starting daemons; a policy that is there already stays."""
    if POLICY.exists():
        yield
        return
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("Stopped."))
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def install(packages: list[str]) -> None:
    """Fetch and configure the packages, quietly unless something goes wrong."""
    quiet = ["-qq", "-o", "DPkg::Lock::Timeout=300"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], [*INSTALL, *packages]):
        done = subprocess.run(
            [*command, *quiet],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"{done.stdout}\n{' '.join(command)} failed, see above.")


def main(profiles: set[str]) -> None:
    """Bring the machine to where the profiles' packages are all there."""
    if not shutil.which("apt-get"):
        return  # Not Debian: whoever misses a program says its name.
    missing = [package for package in wanted(profiles) if not is_installed(package)]
    if not missing:
        return
    if os.geteuid() != 0:
        sys.exit(f"Please run once:  sudo {sys.executable} {' '.join(sys.argv)}")
    print(f"Installing {', '.join(missing)} ...", flush=True)
    with no_service_started():
        install(missing)


if __name__ == "__main__":
    main(set(sys.argv[1:]))
