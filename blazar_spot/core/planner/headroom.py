# SPDX-License-Identifier: Apache-2.0
"""Hosts that are kept free of spot instances for leases that start now."""

import heapq
from collections.abc import Iterable, Mapping, Set

FOREVER = 1 << 62


def headroom(
    hosts: Iterable[str], count: int, spots: Mapping[str, int], next_start: Mapping[str, int], held: Set[str]
) -> frozenset[str]:
    """So many of the unreserved hosts to keep closed: empty ones first, the longest free before others.

    ``spots``: how many spot instances are on each host; ``next_start``: when its next reservation starts; ``held``:
    the hosts that are kept already. Those stay unless a better one comes up, so that hosts do not take turns. A host
    that is not empty empties by itself, since nobody new comes in; nobody is evicted for this.
    """

    def rank(host: str) -> tuple[bool, int, bool, int, str]:
        is_in_use = spots.get(host, 0) > 0
        free_until = 0 if is_in_use else next_start.get(host, FOREVER)
        return is_in_use, -free_until, host not in held, spots.get(host, 0), host

    return frozenset(heapq.nsmallest(count, hosts, key=rank))
