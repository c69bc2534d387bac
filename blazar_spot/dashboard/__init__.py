# SPDX-License-Identifier: Apache-2.0
"""Horizon: what blazar-dashboard's Leases panel shows of spot, and panels of our own.

A room apart: it meets the service only through ``client``, asks no more questions for a page when there is more on it,
and leaves the page as it is when a question is not answered. ``apps`` puts it in place, ``asking`` asks. ``leases``,
``tabs`` and ``previews`` are what leases show, ``project`` and ``operators`` are panels, ``listings`` and ``orders``
are what panels are made of. An operator turns it on by the files in ``enabled``.
"""
