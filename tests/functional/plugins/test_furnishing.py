# SPDX-License-Identifier: Apache-2.0
"""What reservations of slots cost Nova, Placement and Keystone: the hosts of one come and go side by side."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from keystoneauth1.fixture import V3Token
from oslo_config import cfg

from blazar_spot.core.booking import Candidate
from blazar_spot.plugins import furnishing
from blazar_spot.plugins.furnishing import Furnishing
from tests.functional.plugins.reservations import MINUTE
from tests.functional.plugins.slot_reservations import Nova, Placement, SlotReservations

LONG = 30.0
HOSTS = ["gpu-1", "gpu-2", "gpu-3"]


@pytest.fixture
def wide(slots: SlotReservations) -> dict[str, Any]:
    """A lease of slots on three hosts that is about to start."""
    slots.add_gpu_hosts(*HOSTS)
    return slots.instance_lease(MINUTE, 3, affinity=False)


def test_the_first_host_lets_the_owner_in_for_all_that_come_with_it(
    slots: SlotReservations, wide: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, listed = [], Nova.list

    def counted(nova: Nova, search_opts: Any = None, flavor: str = "", **more: Any) -> list[Any]:
        asked.append(flavor)
        return listed(nova, search_opts, flavor, **more)

    monkeypatch.setattr(Nova, "list", counted)
    slots.reach(wide)
    name = wide["reservations"][0]["id"]
    assert slots.served(wide) == HOSTS
    assert slots.nova.opened == [(name, "project")]
    assert asked == [name]


def test_who_comes_to_its_turn_when_the_gate_is_shut_lets_nobody_in(
    slots: SlotReservations, wide: dict[str, Any]
) -> None:
    furnish, is_shut, name = Furnishing(), threading.Event(), wide["reservations"][0]["id"]
    is_shut.set()
    assert not furnish(name, Candidate("gpu-1", "compute-of-gpu-1"), is_shut)
    assert slots.nova.opened == []
    assert furnish(name, Candidate("gpu-1", "compute-of-gpu-1"), threading.Event())
    assert slots.nova.opened == [(name, "project")]


def test_slots_are_taken_from_several_hosts_at_the_same_time(
    slots: SlotReservations, wide: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    slots.reach(wide)
    together, take = threading.Barrier(3), Placement.delete_reservation_inventory

    def taken(placement: Placement, host: str, reservation_id: str) -> None:
        together.wait(LONG)
        take(placement, host, reservation_id)

    monkeypatch.setattr(Placement, "delete_reservation_inventory", taken)
    slots.end(wide)
    assert wide["reservations"][0]["id"] not in [*slots.aggregates(), *slots.world.cloud.flavors]


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Not on the terminal."""


@pytest.fixture
def tokens() -> Iterator[list[str]]:
    """The requests for tokens that have come to a Keystone, with a Placement beside it that has nothing."""
    asked: list[str] = []

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "GET":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'{"resource_providers": []}']
        asked.append(environ["PATH_INFO"])
        token = V3Token()
        token.add_service("placement").add_standard_endpoints(internal=f"http://127.0.0.1:{server.server_port}")
        start_response("201 Created", [("Content-Type", "application/json"), ("X-Subject-Token", "a-token")])
        return [json.dumps(token).encode()]

    with make_server("127.0.0.1", 0, answer, handler_class=_Silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        cfg.CONF.set_override("os_auth_host", "127.0.0.1")
        cfg.CONF.set_override("os_auth_port", str(server.server_port))
        yield asked
        server.shutdown()
        thread.join()
    for name in ("os_auth_host", "os_auth_port"):
        cfg.CONF.clear_override(name)


def test_requests_to_placement_that_follow_one_another_share_a_token(neighbours: None, tokens: list[str]) -> None:
    client = furnishing.Placement()
    assert [client.get_resource_provider(host) for host in HOSTS] == [None] * 3
    assert tokens == ["/v3/auth/tokens"]
