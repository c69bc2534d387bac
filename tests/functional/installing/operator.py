# SPDX-License-Identifier: Apache-2.0
"""Somebody who follows the install page beside a dev cloud, and changes only what the page leaves to the reader.

Their machine is a folder: it is where the page says /opt and /etc, and nothing outside of it and of the cloud is
touched. What systemd would do is done with its units: their commands run as processes of the cloud.
"""

import configparser
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.processes import Processes
from blazar_spot.devcloud.rc import environment
from blazar_spot.devcloud.settings import compute_conf
from blazar_spot.devcloud.site import PASSWORD
from tests.functional.installing.page import Lines, adapted, key_command, merged

ROOT = Path(__file__).parents[3]
PATIENCE_SECONDS = 280
FLAVOR = "gpu-of-the-page"
LEFT_OUT = ("useradd ",)
"""What would change the machine: everything runs as whoever runs the test."""


@dataclass(frozen=True)
class Operator:
    """``packages`` is a folder with our wheel, as if it were on PyPI."""

    cloud: Cloud
    folder: Path
    packages: Path

    @property
    def etc(self) -> Path:
        """Where our programs look for their file without being told."""
        return self.folder / ".blazar-spot"

    @property
    def ours(self) -> dict[str, str]:
        """What stands on the page, and what it is here."""
        site = self.cloud.site
        return {
            "https://spot.example.org": site.url("spot-api"),
            "https://keystone.example.org/v3": site.auth_url,
            "rabbit://openstack:PASSWORD@rabbit.example.org:5672/": site.transport_url,
            "db.example.org": f"127.0.0.1:{site.ports['mariadb']}",
            "mysql -e": f"mysql --no-defaults -h127.0.0.1 -P{site.ports['mariadb']} -uroot -e",
            "127.0.0.1:8786": f"127.0.0.1:{site.ports['spot-api']}",
            "/path/to/blazar": sys.prefix,
            "/opt/blazar-spot": str(self.folder / "opt"),
            "/etc/blazar-spot": str(self.etc),
            "/etc/systemd/system": str(self.folder / "system"),
            "--password-prompt": "--password PASSWORD",  # there is nobody at a terminal
            "PASSWORD": PASSWORD,
            "FLAVOR": FLAVOR,
        }

    def prepare(self) -> None:
        """The machine before the first step."""
        for folder in (self.etc, self.folder / "system"):
            folder.mkdir(parents=True)

    def type(self, text: str) -> subprocess.CompletedProcess[str]:
        """One command; files that it has copied are adapted afterwards."""
        site = self.cloud.site
        variables = {
            **{name: value for name, value in os.environ.items() if "proxy" in name.lower() or name.startswith("PIP_")},
            **environment(site, "admin"),
            "HOME": str(self.folder),
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "PIP_FIND_LINKS": str(self.packages),
            "PIP_CONSTRAINT": str(ROOT / "constraints.txt"),
        }
        done = subprocess.run(
            ["bash", "-c", adapted(text, self.ours)],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
        for file in (one for folder in (self.etc, self.folder / "system") for one in folder.iterdir()):
            file.write_text(adapted(file.read_text(), self.ours))
        return done

    def write(self, lines: Lines, *files: Path) -> None:
        """Into these files, beside what is there."""
        text = adapted(lines.text, self.ours)
        if "KEY" in text:
            text = text.replace("= KEY", f"= {self.type(key_command()).stdout.strip()}")
        for file in files:
            file.write_text(merged(file.read_text() if file.exists() else "", text))
            file.chmod(0o640)

    def systemctl(self, *words: str) -> None:
        """``enable --now UNIT...`` and ``restart UNIT...``."""
        processes = Processes(self.cloud.state_dir)
        for unit in (word for word in words[1:] if not word.startswith("-")):
            service = _service(self.folder / "system" / f"{unit}.service")
            if words[0] == "restart":
                processes.stop(unit)
            said = dict([service["Environment"].split("=", 1)]) if "Environment" in service else {}
            processes.start(unit, shlex.split(service["ExecStart"]), {**said, "HOME": str(self.folder)})

    def nova_files(self) -> list[Path]:
        """Everywhere."""
        site = self.cloud.site
        return [site.conf("nova"), *(compute_conf(site, host.name) for host in site.options.hosts)]


def _service(unit: Path) -> dict[str, str]:
    parsed = configparser.RawConfigParser(strict=True)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(unit)
    return dict(parsed["Service"])
