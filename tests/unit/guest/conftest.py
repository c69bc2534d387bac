# SPDX-License-Identifier: Apache-2.0
"""A guest with spot-watch in it. SPOT_WATCH_PYTHON names the Python that it has, if it is not that of the tests."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from blazar_spot.devcloud.waiting import wait_until
from tests.unit.guest.cloud import SECRET, GuestsCloud

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "guest/spot_watch.py"
PATIENCE_SECONDS = 30


@pytest.fixture(scope="session")
def spot_watch() -> ModuleType:
    """The program, as a module."""
    spec = importlib.util.spec_from_file_location("spot_watch", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["spot_watch"] = module
    spec.loader.exec_module(module)
    return module


class Guest:
    """Its folders, its hooks, and what they were told."""

    def __init__(self, folder: Path, metadata_url: str, api: str = "") -> None:
        self.hooks = folder / "hooks.d"
        self.state = folder / "state" / "state.json"
        self.record = folder / "record"
        self.log = folder / "log"
        self.api = api
        self._metadata_url = metadata_url
        self.hooks.mkdir()

    def hook(self, name: str = "10-drain", *, then: str = "", say: str = "$SPOT_EVENT_ID") -> None:
        """One that notes what it was told and then does this."""
        path = self.hooks / name
        path.write_text(f'#!/bin/sh\necho "{name} $1 {say}" >>{self.record}\n{then}\n')
        path.chmod(0o755)

    @property
    def told(self) -> list[str]:
        return self.record.read_text().splitlines() if self.record.exists() else []

    @property
    def said(self) -> list[str]:
        """What the watcher itself has logged."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line.removeprefix("spot-watch: ") for line in lines if line.startswith("spot-watch: ")]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """To its end."""
        with self.log.open("a") as log:
            return subprocess.run(
                self.command(*words), env=self.environment, stdout=subprocess.PIPE, stderr=log, text=True, check=False
            )

    @contextmanager
    def watching(self, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        """As a service that is stopped at the end."""
        with (
            self.log.open("a") as log,
            subprocess.Popen(self.command(*words), env=self.environment, stderr=log) as process,
        ):
            try:
                yield process
            finally:
                process.terminate()

    def command(self, *words: str) -> list[str]:
        python = os.environ.get("SPOT_WATCH_PYTHON", sys.executable)
        where = ["--metadata", self._metadata_url, "--hooks", str(self.hooks), "--state", str(self.state)]
        return [python, str(PROGRAM), *where, "--interval", "0.2", *(["--api", self.api] if self.api else []), *words]

    @property
    def environment(self) -> dict[str, str]:
        credential = {"OS_APPLICATION_CREDENTIAL_ID": "guest", "OS_APPLICATION_CREDENTIAL_SECRET": SECRET}
        return {"PATH": os.environ["PATH"], "OS_AUTH_URL": self.api, **credential}

    def wait_for(self, *lines: str) -> None:
        """That hooks were told exactly this."""
        try:
            wait_until(lambda: sorted(self.told) == sorted(lines), "the hooks are told", at_most=PATIENCE_SECONDS)
        finally:
            assert sorted(self.told) == sorted(lines), self.said

    def wait_until_said(self, words: str) -> None:
        wait_until(lambda: any(words in line for line in self.said), f"it says: {words}", at_most=PATIENCE_SECONDS)


@pytest.fixture
def cloud() -> Iterator[GuestsCloud]:
    with GuestsCloud().served() as cloud:
        yield cloud


@pytest.fixture
def guest(tmp_path: Path, cloud: GuestsCloud) -> Guest:
    """One that asks the metadata service alone."""
    return Guest(tmp_path, cloud.metadata_url)


@pytest.fixture
def follower(tmp_path: Path, cloud: GuestsCloud) -> Guest:
    """One that waits for news at the API."""
    return Guest(tmp_path, cloud.metadata_url, api=cloud.url)
