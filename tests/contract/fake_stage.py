# SPDX-License-Identifier: Apache-2.0
"""The stage on which the fake cloud has to keep the contracts; time passes only while somebody waits."""

from collections.abc import Callable

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.flavors import Flavor
from blazar_spot.ports.compute import PoolHost
from blazar_spot.testing.clock import FakeClock
from blazar_spot.testing.cloud import FakeCloud
from tests.contract.stage import HUGE, PER_HOST, PLAIN, POOLED, SHORT, SPOT, TERMS

_PATIENCE = 60


class FakeStage:
    """One fake cloud."""

    one = PoolHost("host01", "compute01")
    other = PoolHost("host02", "compute02")

    def __init__(self) -> None:
        self._clock = FakeClock()
        self._cloud = self.compute = self.pool = self.stock = FakeCloud(self._clock)
        for host in (self.one, self.other):
            totals = {"VCPU": 2 * PER_HOST, "MEMORY_MB": 1024 * PER_HOST, "CUSTOM_GPU": PER_HOST}
            self._cloud.add_host(host.host, totals, service_host=host.service_host)
        self._cloud.add_flavor(_flavor(PLAIN))
        self._cloud.add_flavor(_flavor(SPOT), preemptible=True)
        self._cloud.add_flavor(_flavor(POOLED), preemptible=True, enrolled=True)
        self._cloud.add_flavor(_flavor(HUGE, vcpus=1000), preemptible=True)
        self._cloud.add_flavor(_flavor(SHORT, **TERMS), preemptible=True)

    def boot(self, flavor: str, host: PoolHost) -> str:
        return self._cloud.boot(flavor, host=host.host)

    def build_slowly(self) -> None:
        self._cloud.build_takes = 8

    def soft_delete(self) -> None:
        self._cloud.soft_delete = True

    def take_for_down(self, host: PoolHost) -> None:
        self._cloud.deletes_rows_alone = True
        self._cloud.fails("servers_on", Unreachable(f"{host.host} is down"), times=None)

    def take_for_up(self, host: PoolHost) -> None:
        self._cloud.deletes_rows_alone = False
        self._cloud.heals("servers_on")

    def migrate(self, server: str, to: PoolHost) -> None:
        self._cloud.migrate(server, to.host)

    def resize(self, server: str, flavor: str) -> None:
        here = self._cloud.alive[server].host
        self._cloud.resize(server, flavor, self.one.host if here == self.other.host else self.other.host)

    def new_flavor(self) -> str:
        return self._cloud.add_flavor(_flavor("contract-preemptible-new"), preemptible=True).name

    def remove_flavor(self, flavor: str) -> None:
        del self._cloud.flavors[flavor]

    def new_aggregate(self, *, zone: str | None) -> int:
        return self._cloud.add_aggregate(f"contract-{zone}", zone=zone).id

    def now(self) -> int:
        return self._clock.now()

    def until(self, holds: Callable[[], object], what: str) -> None:
        for _ in range(_PATIENCE):
            if holds():
                return
            self._clock.advance(1)
        raise AssertionError(f"not so after {_PATIENCE} s: {what}")


def _flavor(name: str, vcpus: int = 2, **specs: str) -> Flavor:
    extra_specs = {"resources:CUSTOM_GPU": "1", **specs}
    return Flavor(name=name, vcpus=vcpus, memory_mb=1024, disk_gb=0, extra_specs=extra_specs)
