# SPDX-License-Identifier: Apache-2.0
"""Project > Reservations > Spot: what a project's own people look at and do."""
