#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Make .venv at the root of the tree, or bring it up to date.

Costs nothing when nothing changed: a stamp holds a hash of the files that say what to install.
Uses uv when it can be had (set INSTALLER=pip to do without). Standard library only.
"""

import fcntl
import hashlib
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "stamp"
PYTHON = VENV / "bin" / "python"
INPUTS = ("constraints.txt", "requirements.txt", "setup.cfg", "setup.py", "tools/environment.py")
PROJECT = f"{ROOT}[mysql,devcloud,dashboard,osc,test,docs]"
OLDEST = (3, 11)


def shell() -> str:
    """What the empty environment depends on: a moved one is broken, one of another Python too."""
    major, minor, *_ = sys.version_info
    return f"Python {major}.{minor} of {sys.base_prefix} at {ROOT}"


def content() -> str:
    """What the packages in it depend on."""
    digest = hashlib.sha256()
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def run(*command: str | pathlib.Path) -> bool:
    """Run one step quietly; True when it went well, else its output is shown."""
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_NO_PROGRESS": "1"}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr, flush=True)
    return done.returncode == 0


def create() -> None:
    """An empty environment of this Python, with pip in it."""
    if importlib.util.find_spec("ensurepip") is None:
        subprocess.run([sys.executable, ROOT / "tools" / "packages.py", "venv"], check=True)
    venv.create(VENV, clear=True, with_pip=True, symlinks=True)


def uv() -> str | None:
    """The uv program: the machine's own, else one from PyPI, else none."""
    if os.environ.get("INSTALLER") == "pip":
        return None
    found = shutil.which("uv")
    if found or not run(PYTHON, "-m", "pip", "install", "--quiet", "uv"):
        return found
    return str(VENV / "bin" / "uv")


def install() -> bool:
    """The project in place, with every extra but the dashboard, at the versions of constraints.txt."""
    program = uv()
    if program:
        command = [program, "pip", "install", "--quiet", "--python", str(PYTHON)]
    else:
        command = [str(PYTHON), "-m", "pip", "install", "--quiet"]
    print(f"Installing into .venv with {'uv' if program else 'pip'} ...", flush=True)
    return run(*command, "--constraint", "constraints.txt", "--editable", PROJECT)


def main() -> None:
    """Do nothing, or do it all; two makes at once wait for each other."""
    if sys.version_info < OLDEST:
        sys.exit(f"Python {'.'.join(map(str, OLDEST))} or newer is needed: make PYTHON=... ")
    with (ROOT / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = [shell(), content()]
        made = STAMP.read_text().split("\n\n") if STAMP.exists() else []
        if made == stamp:
            return
        if made[:1] != stamp[:1]:
            create()
        if not install():
            sys.exit("The environment could not be installed, see above.")
        STAMP.write_text("\n\n".join(stamp))


if __name__ == "__main__":
    main()
