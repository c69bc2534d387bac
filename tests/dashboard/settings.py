# SPDX-License-Identifier: Apache-2.0
"""Horizon's settings for tests, with blazar-dashboard's panels and with ours."""

import blazar_dashboard.enabled
import openstack_dashboard.enabled
from blazar_dashboard.test.settings import *  # noqa: F403
from blazar_dashboard.test.settings import HORIZON_CONFIG, INSTALLED_APPS
from openstack_dashboard.utils import settings

import blazar_spot.dashboard.enabled

for name in ("dashboards", "default_dashboard"):
    HORIZON_CONFIG.pop(name, None)
settings.update_dashboards(
    [blazar_dashboard.enabled, openstack_dashboard.enabled, blazar_spot.dashboard.enabled],
    HORIZON_CONFIG,
    INSTALLED_APPS,
)
INSTALLED_APPS = list(dict.fromkeys(INSTALLED_APPS))
