# SPDX-License-Identifier: Apache-2.0
"""The configuration files of a cloud, built from its site.

One module for each product, each a function from a site to sections and options; `write_all` puts them
on disk with the user's overrides on top. Nothing here starts anything. Next: `services`.
"""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from blazar_spot.devcloud.settings.blazar import blazar, spot
from blazar_spot.devcloud.settings.glance import glance
from blazar_spot.devcloud.settings.horizon import write_local_settings
from blazar_spot.devcloud.settings.ini import Settings, render, with_overrides
from blazar_spot.devcloud.settings.keystone import keystone
from blazar_spot.devcloud.settings.nova import nova, nova_compute
from blazar_spot.devcloud.settings.placement import placement
from blazar_spot.devcloud.site import Site

BUILDERS: dict[str, Callable[[Site], Settings]] = {
    "keystone": keystone,
    "placement": placement,
    "glance": glance,
    "nova": nova,
    "blazar": blazar,
    "spot": spot,
}


def write_all(site: Site) -> None:
    """Write every file, and make the directories they name."""
    for name, build in BUILDERS.items():
        _write(site.conf(name), with_overrides(build(site), name, site.options.overrides))
    for host in site.options.hosts:
        _write(compute_conf(site, host.name), with_overrides(nova_compute(site, host), "nova", site.options.overrides))
        (site.root / "computes" / host.name).mkdir(parents=True, exist_ok=True)
    shutil.copy(environment_file("nova/api-paste.ini"), site.etc("nova"))
    shutil.copy(environment_file("glance/glance-api-paste.ini"), site.etc("glance"))
    if site.options.dashboard:
        write_local_settings(site)
    for directory in ("nova", "blazar", "glance/images", "glance/staging", "glance/tasks"):
        (site.root / directory).mkdir(parents=True, exist_ok=True)


def compute_conf(site: Site, host: str) -> Path:
    return site.etc("nova") / f"compute-{host}.conf"


def environment_file(name: str) -> Path:
    """A file that the services' packages put below etc/ of the environment we run in."""
    return Path(sys.prefix) / "etc" / name


def _write(path: Path, settings: Settings) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(settings))
