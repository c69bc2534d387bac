# SPDX-License-Identifier: Apache-2.0
"""One cloud on paper: its options, its ports, its paths and addresses. A value, written to disk as JSON.

Everything that has to agree between two services (a port, a password, a schema's address) is said here
and nowhere else. Nothing here starts anything. Next: `settings`, which turns it into files.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from blazar_spot.devcloud.hosts import Host, HostSpec, name_hosts
from blazar_spot.devcloud.ports import LOOPBACK, free_ports

PASSWORD = "devcloud"  # of everybody, and known to everybody: a toy cloud on loopback
REGION = "RegionOne"
DOMAIN = "Default"
HTTP_SERVICES = (
    "keystone",
    "placement",
    "glance",
    "nova-api",
    "nova-metadata",
    "blazar-api",
    "spot-api",
    "horizon",
    "network-stand-in",
)
BACKEND_PORTS = ("mariadb", "rabbitmq", "rabbitmq-dist", "epmd")
PLUGINS = {"spot": "spot.host.plugin,spot.instance.plugin,spot.flavor.plugin", "upstream": "physical.host.plugin"}


@dataclass(frozen=True)
class Override:
    """One option of one configuration file, set by the user."""

    file: str
    section: str
    option: str
    value: str

    @classmethod
    def parse(cls, text: str) -> "Override":
        """Read `FILE:section.option=value`; a section may have dots and colons, an option has none."""
        name, colon, rest = text.partition(":")
        place, equals, value = rest.partition("=")
        section, dot, option = place.rpartition(".")
        if not (colon and equals and dot and name and section and option):
            raise ValueError(f"{text!r} is not FILE:section.option=value")
        return cls(name, section, option, value)


@dataclass(frozen=True)
class Options:
    """What a person may choose about a cloud."""

    hosts: tuple[Host, ...] = name_hosts([HostSpec()] * 4)
    plugin: str = "upstream"
    delete_seconds: float = 3.0
    metadata_cache_seconds: int = 1
    dashboard: bool = False
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True)
class Site:
    """Where everything of one cloud is."""

    root: Path
    options: Options = field(default_factory=Options)
    ports: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def choose(cls, root: Path, options: Options) -> "Site":
        """A site with free ports."""
        return cls(root.resolve(), options, free_ports((*HTTP_SERVICES, *BACKEND_PORTS)))

    def etc(self, name: str) -> Path:
        return self.root / "etc" / name

    def conf(self, name: str) -> Path:
        """The main configuration file of nova, blazar, placement, keystone, glance or spot."""
        file = {"spot": "blazar-spot.conf", "glance": "glance/glance-api.conf"}
        return self.root / "etc" / file.get(name, f"{name}/{name}.conf")

    @property
    def behaviour_file(self) -> Path:
        """What the fake hypervisors read again and again: how long things take."""
        return self.root / "behaviour.json"

    def url(self, service: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[service]}"

    @property
    def auth_url(self) -> str:
        return f"{self.url('keystone')}/v3"

    def database_url(self, schema: str) -> str:
        return f"mysql+pymysql://devcloud:{PASSWORD}@{LOOPBACK}:{self.ports['mariadb']}/{schema}?charset=utf8mb4"

    @property
    def transport_url(self) -> str:
        return f"rabbit://devcloud:{PASSWORD}@{LOOPBACK}:{self.ports['rabbitmq']}/"

    def save(self) -> None:
        data: dict[str, Any] = {"options": asdict(self.options), "ports": dict(self.ports)}
        (self.root / "site.json").write_text(json.dumps(data, indent=2))

    @classmethod
    def load(cls, root: Path) -> "Site | None":
        """The site kept below `root`, or None when there is no readable one."""
        try:
            data = json.loads((root / "site.json").read_text())
            return cls(root.resolve(), _options_from(data["options"]), data["ports"])
        except (OSError, ValueError, KeyError, TypeError):
            return None


def _options_from(data: dict[str, Any]) -> Options:
    hosts = tuple(Host.from_json(host) for host in data.pop("hosts"))
    overrides = tuple(Override(**override) for override in data.pop("overrides"))
    return Options(hosts=hosts, overrides=overrides, **data)
