# SPDX-License-Identifier: Apache-2.0
"""Admin > Reservation > Spot pool: what operators look at and order, over all projects."""
