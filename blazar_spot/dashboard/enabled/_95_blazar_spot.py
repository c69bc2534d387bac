# SPDX-License-Identifier: Apache-2.0
"""Turns the dashboard's part of spot on."""

FEATURE = "blazar_spot"
ADD_INSTALLED_APPS = ["blazar_spot.dashboard"]
EXTRA_TABS = {
    "blazar_dashboard.content.leases.tabs.LeaseDetailTabs": ((50, "blazar_spot.dashboard.tabs.SpotReclaimTab"),),
}
