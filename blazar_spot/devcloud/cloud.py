# SPDX-License-Identifier: Apache-2.0
"""A cloud that can be used from Python: bring it up, act as its users, break its services, take it down.

`Cloud(directory, Options(...)).up()` makes one, `Cloud(directory)` finds one that somebody else brought
up. All state is below the directory and gone after `down`. Next: `birth` for how it comes up, `site` for
what it is on paper.
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from blazarclient import client as blazar_client
from openstack.connection import Connection

from blazar_spot.devcloud import accounts, metadata, stock
from blazar_spot.devcloud.behaviour import changing
from blazar_spot.devcloud.birth import CloudFailed, bring_up
from blazar_spot.devcloud.control import RunningService
from blazar_spot.devcloud.exclusive import exclusive
from blazar_spot.devcloud.processes import Processes
from blazar_spot.devcloud.rc import environment, write_rc_files
from blazar_spot.devcloud.services import script, spares, table
from blazar_spot.devcloud.site import Options, Site

# A file that says that a directory is ours, to be emptied when a cloud goes.
SIGN = "this-is-a-dev-cloud"


class Cloud:
    """One cloud. `state_dir` is the only thing that tells it from another."""

    def __init__(self, state_dir: Path, options: Options | None = None) -> None:
        self.state_dir = state_dir.resolve()
        self._options = options or Options()
        self._connections: dict[str, Connection] = {}
        self._processes = Processes(self.state_dir)

    @property
    def site(self) -> Site:
        """Its ports, paths and addresses."""
        site = Site.load(self.state_dir)
        if site is None:
            raise CloudFailed(f"there is no cloud in {self.state_dir}")
        return site

    @property
    def is_up(self) -> bool:
        """Whether it came up once and each of its services has a process."""
        return self._up_file.exists() and all(alive for _, alive in self.status())

    def up(self, report: Callable[[str], None] = lambda line: None) -> None:
        """Bring it up; if an earlier run left anything in the directory, end and remove that first."""
        with exclusive(self.state_dir):
            if self.is_up:
                self._check_options()
                report("already up")
                return
            self._remove()
            self._processes = Processes(self.state_dir)
            self.state_dir.mkdir(parents=True, exist_ok=True)
            (self.state_dir / SIGN).touch()
            site = Site.choose(self.state_dir, self._options)
            try:
                bring_up(site, self._processes, report)
            except KeyboardInterrupt:
                self._remove()
                raise
            except BaseException:
                self._processes.kill_all()
                raise
            write_rc_files(site)
            self._up_file.touch()

    def down(self, *, keep_logs: bool = False) -> None:
        """End all its processes and remove its directory, or all of it but logs/ and etc/."""
        with exclusive(self.state_dir):
            self._remove(*((SIGN, "logs", "etc") if keep_logs else ()))

    def status(self) -> list[tuple[str, bool]]:
        """Each service, and whether its process lives. A spare is named only while it does."""
        site = Site.load(self.state_dir)
        if site is None:
            return []
        living = [(one.name, True) for one in spares(site) if self._processes.is_alive(one.name)]
        return [(one.name, self._processes.is_alive(one.name)) for one in table(site)] + living

    def service(self, name: str) -> RunningService:
        """One service by its name, to stop, start, kill or freeze it."""
        services = {one.name: one for one in table(self.site) + spares(self.site)}
        if name not in services:
            raise CloudFailed(f"no service {name!r}; there are {', '.join(services)}")
        return RunningService(services[name], self._processes)

    def log_file(self, service: str) -> Path:
        return self._processes.log_file(service)

    def conf(self, name: str) -> Path:
        """The configuration file of nova, blazar, placement, keystone, glance or spot."""
        return self.site.conf(name)

    def connection(self, project: str = "admin") -> Connection:
        """openstacksdk as the user that is called as its project: admin, demo, owner, or a service user."""
        if project not in self._connections:
            self._connections[project] = accounts.connect(self.site, project)
        return self._connections[project]

    def blazar(self, project: str = "admin") -> blazar_client.Client:
        """python-blazarclient as this user."""
        return stock.blazar(self.connection(project))

    def openstack(self, *words: str, project: str = "admin") -> str:
        """Run the real `openstack` command; what it prints."""
        done = subprocess.run(
            [script("openstack"), *words],
            env=self._processes.environment(environment(self.site, project)),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise CloudFailed(f"openstack {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def read_metadata(self, server_id: str, project_id: str) -> dict[str, Any]:
        """meta_data.json as the guest sees it."""
        return metadata.read_metadata(self.site, server_id, project_id)

    def read_vendordata(self, server_id: str, project_id: str) -> dict[str, Any]:
        """vendor_data2.json as the guest sees it."""
        return metadata.read_metadata(self.site, server_id, project_id, "vendor_data2.json")

    def guests_on(self, host: str) -> set[str]:
        """The servers that the hypervisor itself runs, whatever Nova says."""
        memory = self.state_dir / "computes" / host / "instances.json"
        return set(json.loads(memory.read_text())) if memory.exists() else set()

    def delete_seconds(self, seconds: float, *, host: str | None = None, server: str | None = None) -> None:
        """From now on deletes take this long: of one server, on one host, or everywhere."""
        with changing(self.site.behaviour_file) as behaviour:
            if server is not None:
                behaviour.delete_by_server[server] = seconds
            elif host is not None:
                behaviour.delete_by_host[host] = seconds
            else:
                behaviour.delete_seconds = seconds

    def spawn_seconds(self, seconds: float, *, host: str | None = None) -> None:
        """From now on a server is in BUILD for at least this long: on one host, or everywhere."""
        with changing(self.site.behaviour_file) as behaviour:
            if host is not None:
                behaviour.spawn_by_host[host] = seconds
            else:
                behaviour.spawn_seconds = seconds

    @property
    def _up_file(self) -> Path:
        return self.state_dir / "up"

    def _check_options(self) -> None:
        if self.site.options != self._options:
            raise CloudFailed(f"{self.state_dir} is up with other options; take it down first")

    def _remove(self, *kept: str) -> None:
        self._connections.clear()
        self._processes.kill_all()
        if not self.state_dir.exists():
            return
        content = list(self.state_dir.iterdir())
        if content and not (self.state_dir / SIGN).exists():
            raise CloudFailed(f"{self.state_dir} is not a dev cloud's directory; nothing in it is touched")
        for path in content:
            if path.name not in kept:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not kept:
            self.state_dir.rmdir()
