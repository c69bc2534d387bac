# SPDX-License-Identifier: Apache-2.0
"""Turns the dashboard's part of spot on."""

FEATURE = "blazar_spot"
ADD_INSTALLED_APPS = ["blazar_spot.dashboard"]
