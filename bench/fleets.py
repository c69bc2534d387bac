# SPDX-License-Identifier: Apache-2.0
"""Large fleets for measuring the planner, the same ones each time.

``gpu_fleet``: hosts of eight GPUs with ten instances each, everything in use. ``cpu_fleet``: sixty instances on each
host, so that CPUs, memory and disk all bind.
"""

from dataclasses import replace
from random import Random
from typing import Any

from blazar_spot.core.model import Host, HostRequest, Request, Reservation, Rules, SlotRequest, Snapshot, Spot

COUNTS = (8, 200, 500, 1000, 2000, 4000)
NOW = 1_800_000_000
HOUR = 3600
RULES = Rules(notice=960, min_uptime=1800, lead=60)
# GPUs, vCPUs and GiB of memory of ten instances that fill a host.
LAYOUTS = (
    ((1, 12, 120),) * 6 + ((2, 24, 240),) + ((0, 8, 16),) * 3,
    ((1, 12, 120),) * 4 + ((4, 48, 480),) + ((0, 4, 8),) * 5,
    ((1, 8, 64),) * 8 + ((0, 16, 128),) * 2,
    ((2, 24, 240),) * 3 + ((1, 12, 120),) * 2 + ((0, 4, 16),) * 5,
)


def uptime(random: Random) -> int:
    """Most instances are young, some are weeks old; a few have not had their guaranteed time yet."""
    return int(random.expovariate(1 / (8 * HOUR)))


def gpu_fleet(size: int) -> Snapshot:
    """Ten instances on each of so many hosts; one host in six is reserved some time today, half of these in part."""
    random = Random(size)
    hosts: list[Host] = []
    spots: list[Spot] = []
    claims: list[Reservation] = []
    for number in range(size):
        name = f"gpu-{number:05}"
        cap = {"gpus": 0, "vcpus": 0, "ram_mb": 0}
        for gpus, vcpus, ram in random.choice(LAYOUTS):
            held = {"gpus": gpus, "vcpus": vcpus, "ram_mb": 1024 * ram}
            cap = {resource: amount + held[resource] for resource, amount in cap.items()}
            ran = uptime(random)
            evict_at = NOW + random.randrange(6 * HOUR) if random.random() < 0.03 else None
            cost = (16 * gpus + vcpus) * ran
            spots.append(Spot(f"spot-{len(spots):06}", name, held, NOW - ran, cost, evict_at))
        hosts.append(Host(name, cap, {"gpu_model": random.choice(["A100", "H100"])}))
        if random.random() < 1 / 6:
            start = NOW + random.randrange(-4 * HOUR, 12 * HOUR)
            part = {"gpus": 2, "vcpus": 16, "ram_mb": 65536} if random.random() < 0.5 else None
            claims.append(Reservation(f"lease-{number}", name, start, start + 8 * HOUR, part))
    return Snapshot(NOW, RULES, tuple(hosts), tuple(spots), tuple(claims))


def cpu_fleet(size: int, per_host: int = 60) -> Snapshot:
    """Instances of all shapes that fill their hosts to the last byte."""
    random = Random(size)
    hosts: list[Host] = []
    spots: list[Spot] = []
    for number in range(size):
        name = f"cpu-{number:05}"
        cap = {"vcpus": 0, "ram_mb": 0, "disk_gb": 0}
        for _ in range(per_host):
            vcpus = random.randrange(1, 8)
            held = {
                "vcpus": vcpus,
                "ram_mb": int(vcpus * 4096 * random.uniform(0.5, 1.5)),
                "disk_gb": int(vcpus * 32 * random.uniform(0.5, 1.5)),
            }
            cap = {resource: amount + held[resource] for resource, amount in cap.items()}
            ran = uptime(random)
            spots.append(Spot(f"spot-{len(spots):06}", name, held, NOW - ran, vcpus * ran))
        hosts.append(Host(name, cap))
    return Snapshot(NOW, RULES, tuple(hosts), tuple(spots))


def gpu_questions(size: int) -> dict[str, Request]:
    """What is asked of a fleet of GPUs; the counts grow with the fleet only where the name says so."""
    window: dict[str, Any] = {"start": NOW + 2 * HOUR, "end": NOW + 10 * HOUR}
    slot = {"gpus": 1, "vcpus": 8, "ram_mb": 65536}
    large = {"gpus": 4, "vcpus": 32, "ram_mb": 262144}
    slots = SlotRequest(count=64, size=slot, **window)
    soon: dict[str, Any] = {"start": NOW + 600, "end": NOW + 4 * HOUR}
    return {
        "16 whole hosts": HostRequest(count_min=16, count_max=16, **window),
        "a tenth of all hosts": HostRequest(count_min=size // 10, count_max=size // 10, **window),
        "whole hosts, refused": HostRequest(count_min=size // 2, count_max=size // 2, **soon),
        "64 slots of 1 GPU": slots,
        "64 slots of 4 GPUs": replace(slots, size=large),
        "64 slots, at most 2 on a host": replace(slots, max_per_host=2),
        "6 slots on one host": replace(slots, count=6, affinity=True),
        "64 slots apart": replace(slots, affinity=False),
        "1000 slots of 1 GPU": replace(slots, count=1000),
        "slots on a tenth of all GPUs": replace(slots, count=size * 8 // 10),
        "slots on half of all GPUs": replace(slots, count=size * 8 // 2, end=slots.start + HOUR),
        "10 slots of 1 CPU per host": replace(slots, size={"vcpus": 1}, count=size * 10),
        "slots, refused": SlotRequest(count=size * 2, size=slot, **soon),
    }


def cpu_questions() -> dict[str, SlotRequest]:
    """What is asked of hosts without GPUs."""
    window: dict[str, Any] = {"start": NOW + 2 * HOUR, "end": NOW + 10 * HOUR}

    def sized(vcpus: int) -> dict[str, int]:
        return {"vcpus": vcpus, "ram_mb": 4096 * vcpus, "disk_gb": 32 * vcpus}

    return {
        **{f"{count} slots of 8 CPUs": SlotRequest(count=count, size=sized(8), **window) for count in COUNTS},
        "32 slots of 16 CPUs": SlotRequest(count=32, size=sized(16), **window),
        "16 slots of 64 CPUs": SlotRequest(count=16, size=sized(64), **window),
        "100 slots of 16 CPUs apart": SlotRequest(count=100, size=sized(16), affinity=False, **window),
    }
