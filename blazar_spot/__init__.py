# SPDX-License-Identifier: Apache-2.0
"""Spot instances on reservable hosts, for OpenStack Blazar.

Start reading in ``blazar_spot.core``: pure values and rules. ``blazar_spot.ports`` says what the
rules need from the world, ``blazar_spot.enforcement`` acts on them, and ``blazar_spot.wiring``
puts the pieces together. No room imports one that stands further out.
"""
