# SPDX-License-Identifier: Apache-2.0
"""The example receiver as its own process, and the webhook that leads to it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keystoneauth1.adapter import Adapter

from blazar_spot.devcloud.ports import free_ports
from blazar_spot.devcloud.waiting import wait_until

PROGRAM = Path(__file__).parents[2] / "examples/receiver/receiver.py"
VERIFIED_SECONDS = 130
"""Within so many seconds: a receiver that was not there at first is challenged again after 2, 4, 8 ..."""


@dataclass(frozen=True)
class Ear:
    """A webhook, and what the receiver behind it prints."""

    api: Adapter
    webhook_id: str
    printed: Path

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What it took, each message once; the last line may not be complete yet."""
        return [json.loads(line) for line in self.printed.read_text().splitlines(keepends=True) if line.endswith("\n")]

    @property
    def webhook(self) -> dict[str, Any]:
        return dict(self.api.get(f"/v1/webhooks/{self.webhook_id}").json()["webhook"])

    @property
    def deliveries(self) -> list[dict[str, Any]]:
        """What it was told by the API's own record, the first thing first."""
        listed = self.api.get(f"/v1/webhooks/{self.webhook_id}/deliveries", params={"limit": 1000}).json()
        return list(reversed(listed["deliveries"]))

    def do(self, what: str) -> None:
        """Something that can be done with a webhook."""
        answer = self.api.post(f"/v1/webhooks/{self.webhook_id}/{what}")
        assert answer.status_code in (200, 202), answer.text


@contextmanager
def receiving(api: Adapter, name: str, **filters: list[str]) -> Iterator[Ear]:
    """The receiver of a new webhook, which has answered its challenge; both are gone afterwards."""
    port = free_ports([name])[name]
    wish = {"name": name, "url": f"http://127.0.0.1:{port}/", "subscriptions": [filters]}
    webhook = api.post("/v1/webhooks", json=wish).json()["webhook"]
    with running(port, webhook["secret"]) as printed:
        ear = Ear(api, webhook["id"], printed)
        wait_until(lambda: ear.webhook["state"] == "enabled", f"{name} is verified", at_most=VERIFIED_SECONDS)
        try:
            yield ear
        finally:
            api.delete(f"/v1/webhooks/{webhook['id']}")


@contextmanager
def running(port: int, secret: str) -> Iterator[Path]:
    """The receiver alone; what it prints is in this file, what it complains of is for whoever runs the tests."""
    command, environment = [sys.executable, PROGRAM, str(port)], os.environ | {"WEBHOOK_SECRET": secret}
    with tempfile.NamedTemporaryFile() as file, subprocess.Popen(command, env=environment, stdout=file) as process:
        try:
            yield Path(file.name)
        finally:
            process.kill()
