# SPDX-License-Identifier: Apache-2.0
"""Horizon: what blazar-dashboard's Leases panel shows of spot.

A room apart: it meets the service only through ``client``, asks one question for a page however many leases are on it,
and leaves the page as it is when that question is not answered. ``apps`` puts it in place, ``asking`` asks, ``leases``
is what is shown. An operator turns it on by the files in ``enabled``.
"""
