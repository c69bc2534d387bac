# SPDX-License-Identifier: Apache-2.0
"""Project > Reservations > Spot."""

PANEL = "spot"
PANEL_GROUP = "reservations"
PANEL_DASHBOARD = "project"
ADD_PANEL = "blazar_spot.dashboard.project.panel.Spot"
