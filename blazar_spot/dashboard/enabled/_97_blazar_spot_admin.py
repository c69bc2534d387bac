# SPDX-License-Identifier: Apache-2.0
"""Admin > Reservation > Spot pool."""

PANEL = "spot_pool"
PANEL_GROUP = "reservation"
PANEL_DASHBOARD = "admin"
ADD_PANEL = "blazar_spot.dashboard.operators.panel.SpotPool"
