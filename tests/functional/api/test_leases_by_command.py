# SPDX-License-Identifier: Apache-2.0
"""A lease by Blazar's own commands, which are as they always were.

It comes before the tests whose lease has the only host of this cloud for good.
"""

from datetime import UTC, datetime, timedelta

import pytest

from blazar_spot.devcloud.cloud import Cloud
from blazar_spot.devcloud.stock import FREEPOOL
from blazar_spot.devcloud.waiting import wait_until
from tests.functional.api.shells import Terminal

PATIENCE_SECONDS = 120
LEASE = ("reservation", "lease")


@pytest.fixture
def owner(cloud: Cloud) -> Terminal:
    return Terminal(cloud.site, "owner")


def said(terminal: Terminal, *words: str) -> str:
    """What a command that goes well prints."""
    typed = terminal.type(*LEASE, *words)
    assert typed.code == 0, typed.complained
    return typed.printed


def test_a_lease_is_made_prolonged_and_deleted(owner: Terminal, cloud: Cloud) -> None:
    compute = cloud.connection().compute
    host = cloud.site.options.hosts[0].name
    end = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%d %H:%M")
    wish = ("--reservation", "resource_type=physical:host,min=1,max=1", "--end-date", end)
    lease_id = said(owner, "create", *wish, "by-command", "-f", "value", "-c", "id").split()[-1]
    show = (*LEASE, "show", lease_id)
    wait_until(lambda: owner.read(*show)["status"] == "ACTIVE", "the lease is ACTIVE", at_most=PATIENCE_SECONDS)
    assert host not in compute.find_aggregate(FREEPOOL).hosts
    before = datetime.fromisoformat(owner.read(*show)["end_date"])
    said(owner, "set", lease_id, "--prolong-for", "1h")
    assert datetime.fromisoformat(owner.read(*show)["end_date"]) - before == timedelta(hours=1)
    said(owner, "delete", lease_id)
    assert owner.read(*LEASE, "list") == []
    wait_until(
        lambda: host in compute.find_aggregate(FREEPOOL).hosts, "the host is spot's again", at_most=PATIENCE_SECONDS
    )
