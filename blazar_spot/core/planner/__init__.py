# SPDX-License-Identifier: Apache-2.0
"""The planner: which hosts, which victims, when, at the least cost, without breaking a promise.

Pure: it reads a ``Snapshot`` and a request and returns a ``Plan``; the same input in any order gives the same answer.
``plan`` decides one request, ``book`` and ``bind`` the life of a claim. Whole hosts are in ``whole``, parts of hosts
in ``slots``; what hosts have to do with each other is in ``merge`` and ``earliest``.
"""

from blazar_spot.core.planner.binding import Binding, applied, bind, book
from blazar_spot.core.planner.single import plan

__all__ = ["Binding", "applied", "bind", "book", "plan"]
