# SPDX-License-Identifier: Apache-2.0
"""A devstack that is played: our plugin is real, and so are the files that it writes."""

import configparser
import getpass
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SERVICES = "n-api,n-api-meta,n-sch,blazar-m,blazar-a"
OURS = ("blazar-spot-engine", "blazar-spot-api")

NOVA = """\
[filter_scheduler]
enabled_filters = ComputeFilter,BlazarFilter
[notifications]
notification_format = unversioned
"""
BLAZAR = """\
[manager]
plugins = physical.host.plugin,virtual.instance.plugin,virtual.floatingip.plugin,flavor.instance.plugin
"""


@dataclass
class Stack:
    """One machine with devstack; ``settings`` is what local.conf says and what stack.sh has found out."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings = {
            "ENABLED_SERVICES": SERVICES,
            "DEST": str(self.folder / "dest"),
            "BIN": str(self.folder / "bin"),
            "STACK_USER": getpass.getuser(),
            "ENABLE_DEBUG_LOG_LEVEL": "True",
            "REGION_NAME": "RegionOne",
            "SERVICE_PROTOCOL": "http",
            "SERVICE_HOST": "203.0.113.5",
            "SERVICE_PASSWORD": "a password",
            "SERVICE_DOMAIN_NAME": "Default",
            "SERVICE_PROJECT_NAME": "service",
            "SERVICE_TIMEOUT": "60",
            "KEYSTONE_SERVICE_URI": "http://203.0.113.5/identity",
            "DATABASE_URL": "mysql+pymysql://root:secret@127.0.0.1/NAME?charset=utf8",
            "TRANSPORT_URL": "rabbit://stackrabbit:secret@203.0.113.5:5672/",
            "BLAZAR_FREEPOOL_NAME": "freepool",
            "NOVA_CONF": str(self.folder / "nova.conf"),
            "BLAZAR_CONF_FILE": str(self.folder / "blazar.conf"),
            "BLAZAR_SPOT_CONF_DIR": str(self.folder / "etc"),
            "BLAZAR_SPOT_PANELS_DIR": str(self.folder / "enabled"),
            **self.settings,
        }

    def written(self) -> "Stack":
        """With what devstack and Blazar's plugin have written before ours is called, and with our commands."""
        (self.folder / "enabled").mkdir()
        self.nova.write_text(NOVA)
        self.blazar.write_text(BLAZAR)
        manage = self.folder / "bin" / "blazar-spot-manage"
        manage.parent.mkdir()
        manage.write_text('#!/bin/sh\necho "blazar-spot-manage\t$3\t$4" >>"$CALLS"\n')
        manage.chmod(0o755)
        return self

    @property
    def nova(self) -> Path:
        return Path(self.settings["NOVA_CONF"])

    @property
    def blazar(self) -> Path:
        return Path(self.settings["BLAZAR_CONF_FILE"])

    @property
    def spot(self) -> Path:
        return Path(self.settings["BLAZAR_SPOT_CONF_DIR"]) / "blazar-spot.conf"

    def run(self, *mode: str) -> list[list[str]]:
        """Have devstack call the plugin; what the plugin called in turn."""
        calls = self.folder / "calls"
        calls.write_text("")
        here = Path(__file__).parent
        done = subprocess.run(
            ["bash", str(here / "stand_ins.sh"), *mode],
            env={
                "PATH": os.environ["PATH"],
                "CALLS": str(calls),
                "PLUGIN": str(ROOT / "devstack"),
                "STAND_INS": str(here),
                **self.settings,
            },
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Died(done.stderr)
        assert done.stderr == ""
        return [line.split("\t") for line in calls.read_text().splitlines()]

    def stack(self) -> list[list[str]]:
        """All that stack.sh has the plugin do."""
        phases = ("pre-install", "install", "post-config", "extra", "test-config")
        return [call for phase in phases for call in self.run("stack", phase)]


class Died(Exception):
    """The plugin ended the whole of devstack."""


def options(path: Path) -> dict[str, dict[str, str]]:
    """A file of options, by section. None of the files has an option twice."""
    parsed = configparser.RawConfigParser(default_section="none of this name", delimiters=("=",))
    parsed.read(path)
    return {section: dict(parsed[section]) for section in parsed.sections()}
