# SPDX-License-Identifier: Apache-2.0
"""What the adapters say of services that are down or hang: that nothing is known, and soon."""

from collections.abc import Callable

import pytest
from keystoneauth1.session import Session

from blazar_spot.adapters.nova import NovaCompute
from blazar_spot.adapters.placement import PlacementPool
from blazar_spot.core.errors import Unreachable
from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.site import REGION
from blazar_spot.ports.compute import Compute
from blazar_spot.ports.pool import Pool

HOST = "host01"

OF_NOVA: list[Callable[[Compute, Pool], object]] = [
    lambda compute, _: list(compute.spot_servers()),
    lambda compute, _: compute.spot_changes(0),
    lambda compute, _: compute.servers_on(HOST),
    lambda compute, _: compute.freepool_hosts(),
]
OF_PLACEMENT: list[Callable[[Compute, Pool], object]] = [
    lambda _, pool: pool.pools(),
    lambda _, pool: pool.consumers(HOST),
]


@pytest.fixture
def session(cloud: Cloud) -> Session:
    """A session without a token yet, which gives up soon."""
    auth = cloud.connection("spot").session.auth
    auth.invalidate()
    return Session(auth=auth, timeout=2)


def _all_unreachable(session: Session, reads: list[Callable[[Compute, Pool], object]]) -> None:
    compute = NovaCompute(session, region_name=REGION)
    pool = PlacementPool(session, region_name=REGION)
    for read in reads:
        with pytest.raises(Unreachable):
            read(compute, pool)


@pytest.mark.parametrize(
    ("service", "reads"),
    [("keystone", OF_NOVA + OF_PLACEMENT), ("nova-api", OF_NOVA), ("placement", OF_PLACEMENT)],
)
def test_of_a_service_that_is_down_nothing_is_known(
    cloud: Cloud, session: Session, service: str, reads: list[Callable[[Compute, Pool], object]]
) -> None:
    cloud.service(service).kill()
    try:
        _all_unreachable(session, reads)
    finally:
        cloud.service(service).start()


@pytest.mark.parametrize(("service", "reads"), [("nova-api", OF_NOVA[:1]), ("placement", OF_PLACEMENT[:1])])
def test_of_a_service_that_hangs_nothing_is_known(
    cloud: Cloud, session: Session, service: str, reads: list[Callable[[Compute, Pool], object]]
) -> None:
    cloud.service(service).freeze()
    try:
        _all_unreachable(session, reads)
    finally:
        cloud.service(service).thaw()
