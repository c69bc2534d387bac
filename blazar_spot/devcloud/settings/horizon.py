# SPDX-License-Identifier: Apache-2.0
"""Horizon's settings, which are a Python module, with the panels of Blazar and, beside our plugin, ours.

Horizon looks for them in a package that is called `local`: ours is found before Horizon's own, so that nothing is
written where Horizon is installed. Only the default theme is there, and sessions end with the process.
"""

from pathlib import Path

from blazar_spot.devcloud.ports import LOOPBACK
from blazar_spot.devcloud.site import PASSWORD, Site

PANELS = {
    "upstream": ("blazar_dashboard.enabled",),
    "spot": ("blazar_dashboard.enabled", "blazar_spot.dashboard.enabled"),
}


def write_local_settings(site: Site) -> None:
    """Put the package where `python_path` leads."""
    package = python_path(site) / "local"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "local_settings.py").write_text(local_settings(site))


def python_path(site: Site) -> Path:
    """What has to come first where Python looks for modules."""
    return site.etc("horizon")


def local_settings(site: Site) -> str:
    """The module's text. Every name in it becomes one of Horizon's settings, so there are few."""
    panels = PANELS[site.options.plugin]
    values = {
        "ALLOWED_HOSTS": [LOOPBACK],
        "SECRET_KEY": PASSWORD,
        "OPENSTACK_KEYSTONE_URL": site.auth_url,
        "STATIC_ROOT": str(site.root / "horizon" / "static"),
        "COMPRESS_OFFLINE": True,
        "AVAILABLE_THEMES": [("default", "Default", "themes/default")],
        "CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    }
    lines = [
        "import openstack_dashboard.local.enabled",
        *(f"import {name}" for name in panels),
        "from openstack_dashboard.settings import MIDDLEWARE",
        *(f"openstack_dashboard.local.enabled.__path__ += {name}.__path__" for name in panels),
        "MIDDLEWARE = ('whitenoise.middleware.WhiteNoiseMiddleware', *MIDDLEWARE)",
        *(f"{name} = {value!r}" for name, value in values.items()),
    ]
    return "\n".join(lines) + "\n"
