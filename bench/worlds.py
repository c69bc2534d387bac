# SPDX-License-Identifier: Apache-2.0
"""GPU clusters of any size, the same ones each time: hosts full of spot instances, and a calendar."""

from random import Random

from blazar_spot.core.model import Host, HostRequest, Request, Reservation, Rules, SlotRequest, Snapshot, Spot

NOW = 1_800_000_000
HOUR = 3600
RULES = Rules(notice=960, min_uptime=1800, lead=60)
GPUS = 8
PER_GPU = {"gpus": 1, "vcpus": 12, "ram_mb": 120_000}


def times(number: int) -> dict[str, int]:
    """So many GPUs with what belongs to them."""
    return {name: amount * number for name, amount in PER_GPU.items()}


def cluster(size: int) -> Snapshot:
    """So many hosts of eight GPUs, all in use by spot; every third host is reserved for a while tomorrow."""
    random = Random(size)
    hosts = tuple(Host(f"gpu-{number}", times(GPUS)) for number in range(size))
    spots = [spot for host in hosts for spot in full_of_spot(random, host)]
    reservations = [
        Reservation(f"lease-{host.id}", host.id, start, start + 4 * HOUR)
        for host in hosts[::3]
        for start in [NOW + random.randrange(20, 40) * HOUR]
    ]
    return Snapshot(NOW, RULES, hosts, tuple(spots), tuple(reservations))


def full_of_spot(random: Random, host: Host) -> list[Spot]:
    """Instances of one, two or four GPUs that fill the host, some of them younger than their minimum uptime."""
    spots: list[Spot] = []
    free = GPUS
    while free:
        gpus = random.choice([number for number in (1, 2, 4) if number <= free])
        uptime = random.choice([600, HOUR, 24 * HOUR])
        spots.append(Spot(f"{host.id}-{free}", host.id, times(gpus), NOW - uptime, gpus * uptime))
        free -= gpus
    return spots


def questions(size: int) -> dict[str, Request]:
    """What is asked of such a cluster: a tenth of it, in whole and in part, and what is too near to be had."""
    share = max(1, size // 10)
    start, end = NOW + 2 * HOUR, NOW + 6 * HOUR
    return {
        "whole hosts": HostRequest(start=start, end=end, count_min=share, count_max=share),
        "parts of hosts": SlotRequest(start=start, end=end, count=4 * share, size=times(2)),
        "refused": HostRequest(start=NOW + 600, end=end, count_min=share, count_max=share),
    }
