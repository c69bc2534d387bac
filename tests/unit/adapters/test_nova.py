# SPDX-License-Identifier: Apache-2.0
"""What Nova's adapter does where a real cloud of two hosts cannot lead it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from requests import PreparedRequest, Response

from blazar_spot.adapters.nova import NovaCompute
from blazar_spot.core.errors import Forbidden, NotFound, NotNow, OverQuota, SpotError, Unreachable
from blazar_spot.core.flavors import PREEMPTIBLE, missing_specs
from blazar_spot.ports.compute import PoolHost
from tests.unit.adapters.http_stub import ENDPOINT, Answer, HttpStub

NEXT = [{"rel": "next", "href": ENDPOINT}]


def _embedded(name: str, specs: dict[str, str]) -> dict[str, Any]:
    size = {"vcpus": 2, "ram": 64, "disk": 1, "ephemeral": 3, "swap": 0}
    return {"original_name": name, "extra_specs": specs, **size}


def _server(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"server-{number}",
        "name": "trainer",
        "tenant_id": "project",
        "status": "ACTIVE",
        "created": "2027-01-15T08:00:00Z",
        "metadata": {},
        "tags": [],
        "flavor": _embedded("spot", {PREEMPTIBLE: "True"}),
        "OS-EXT-SRV-ATTR:hypervisor_hostname": "host1",
        "OS-EXT-STS:task_state": None,
        "OS-EXT-STS:vm_state": "active",
        "OS-SRV-USG:launched_at": "2027-01-15T08:00:05.000000",
        **changes,
    }


def _hypervisor(name: str, uuid: str, service: str | None = None) -> dict[str, Any]:
    return {"hypervisor_hostname": name, "id": uuid, "service": {"host": service or name}}


def _with_servers(*servers: str, state: str = "up") -> dict[str, Any]:
    rows = [{"uuid": server} for server in servers]
    return {"hypervisor": {"hypervisor_hostname": "host1", "state": state, "servers": rows}}


@pytest.fixture
def compute(http: HttpStub) -> NovaCompute:
    """Nova as scripted."""
    return NovaCompute(http.session())


def test_a_servers_tags_are_told_in_their_order(http: HttpStub, compute: NovaCompute) -> None:
    http.on("GET", "/servers/detail", {"servers": [_server(1, tags=["green", "blue"])]}, {"servers": []})
    assert [server.tags for server in compute.spot_servers()] == [("blue", "green")]


def test_servers_come_from_all_pages_and_from_among_the_soft_deleted(http: HttpStub, compute: NovaCompute) -> None:
    http.on(
        "GET",
        "/servers/detail",
        {"servers": [_server(1)], "servers_links": NEXT},
        {"servers": [_server(2)]},
        {"servers": [_server(3, status="SOFT_DELETED", **{"OS-EXT-STS:vm_state": "soft-delete"})]},
    )
    servers = list(compute.spot_servers())
    assert [(server.id, server.is_going) for server in servers] == [
        ("server-1", False),
        ("server-2", False),
        ("server-3", True),
    ]
    assert [request.query for request in http.requests] == [
        {"all_tenants": "1"},
        {"all_tenants": "1", "marker": "server-1"},
        {"all_tenants": "1", "status": "SOFT_DELETED", "soft_deleted": "true"},
    ]


def test_instants_are_whole_seconds_in_utc(http: HttpStub, compute: NovaCompute) -> None:
    http.on("GET", "/servers/detail", {"servers": [_server(1)]})
    server = next(iter(compute.spot_servers()))
    assert (server.created_at, server.launched_at) == (1_800_000_000, 1_800_000_005)


def test_a_servers_size_is_what_its_flavor_takes_ephemeral_disk_included(http: HttpStub, compute: NovaCompute) -> None:
    http.on("GET", "/servers/detail", {"servers": [_server(1)]})
    server = next(iter(compute.spot_servers()))
    assert server.size == {"VCPU": 2, "MEMORY_MB": 64, "DISK_GB": 4}


@pytest.mark.parametrize("task", ["deleting", "soft-deleting"])
def test_a_server_whose_deletion_was_accepted_is_going(http: HttpStub, compute: NovaCompute, task: str) -> None:
    http.on("GET", "/servers/detail", {"servers": [_server(1, **{"OS-EXT-STS:task_state": task})]})
    server = next(iter(compute.spot_servers()))
    assert server.is_going


def test_a_cell_that_is_down_is_not_an_empty_cell(http: HttpStub, compute: NovaCompute) -> None:
    unknown = {"id": "server-9", "status": "UNKNOWN", "tenant_id": "project", "created": "2027-01-15T08:00:00Z"}
    http.on("GET", "/servers/detail", {"servers": [_server(1), unknown]})
    with pytest.raises(Unreachable):
        list(compute.spot_servers())


def test_extra_specs_that_may_not_be_read_are_not_absent_ones(http: HttpStub, compute: NovaCompute) -> None:
    http.on("GET", "/servers/detail", {"servers": [_server(1, flavor={"original_name": "spot"})]})
    with pytest.raises(Forbidden):
        list(compute.spot_servers())


def test_changes_tell_who_was_deleted_and_what_is_not_spot_but_may_have_been(
    http: HttpStub, compute: NovaCompute
) -> None:
    plain = _server(3, flavor={"original_name": "plain", "extra_specs": {}})
    http.on("GET", "/servers/detail", {"servers": [_server(1), _server(2, status="DELETED"), plain]})
    assert [(one.id, one.is_spot, one.is_gone) for one in compute.spot_changes(1_800_000_000)] == [
        ("server-1", True, False),
        ("server-2", True, True),
        ("server-3", False, False),
    ]
    assert http.requests[0].query == {"all_tenants": "1", "changes-since": "2027-01-15T08:00:00Z"}


def test_a_hypervisor_is_found_by_its_whole_name(http: HttpStub, compute: NovaCompute) -> None:
    http.on("GET", "/os-hypervisors", {"hypervisors": [_hypervisor("host10", "ten"), _hypervisor("host1", "one")]})
    http.on("GET", "/os-hypervisors/one", _with_servers("server-1"))
    assert compute.servers_on("host1") == {"server-1"}
    assert compute.servers_on("host1") == {"server-1"}
    assert http.asked("GET").count("/os-hypervisors") == 1


def test_a_host_that_was_set_up_again_is_looked_up_again(http: HttpStub, compute: NovaCompute) -> None:
    old, new = [_hypervisor("host1", "old")], [_hypervisor("host1", "new")]
    http.on("GET", "/os-hypervisors", {"hypervisors": old}, {"hypervisors": new})
    http.on("GET", "/os-hypervisors/old", _with_servers(), Answer(404))
    http.on("GET", "/os-hypervisors/new", _with_servers("server-1"))
    assert compute.servers_on("host1") == frozenset()
    assert compute.servers_on("host1") == {"server-1"}


def test_what_is_on_a_host_that_is_down_is_not_known(http: HttpStub, compute: NovaCompute) -> None:
    http.on("GET", "/os-hypervisors", {"hypervisors": [_hypervisor("host1", "one")]})
    http.on("GET", "/os-hypervisors/one", _with_servers(state="down"))
    with pytest.raises(Unreachable, match="host1 is down"):
        compute.servers_on("host1")


def test_hypervisors_are_listed_only_when_the_freepool_has_a_new_host(http: HttpStub, compute: NovaCompute) -> None:
    def freepool(*hosts: str) -> dict[str, Any]:
        return {"aggregates": [{"id": 1, "name": "freepool", "hosts": list(hosts)}]}

    http.on("GET", "/os-aggregates", freepool("c1", "c2"), freepool("c1"), freepool("c1", "c2"), freepool("c3"))
    one, two, three = (_hypervisor(f"host{n}", f"id{n}", f"c{n}") for n in (1, 2, 3))
    http.on(
        "GET",
        "/os-hypervisors/detail",
        {"hypervisors": [two], "hypervisors_links": NEXT},
        {"hypervisors": [one]},
        {"hypervisors": [one, two, three]},
    )
    assert compute.freepool_hosts() == [PoolHost("host1", "c1"), PoolHost("host2", "c2")]
    assert compute.freepool_hosts() == [PoolHost("host1", "c1")]
    assert compute.freepool_hosts() == [PoolHost("host1", "c1"), PoolHost("host2", "c2")]
    assert http.asked("GET").count("/os-hypervisors/detail") == 2
    assert compute.freepool_hosts() == [PoolHost("host3", "c3")]


def test_only_a_full_quota_of_keys_is_a_matter_of_time(http: HttpStub, compute: NovaCompute) -> None:
    def refused(status: int, message: str) -> Answer:
        return Answer(status, {"forbidden": {"code": status, "message": message}})

    full = "Maximum number of metadata items exceeds 128"
    policy = "Policy doesn't allow os_compute_api:server-metadata:create to be performed."
    answers = refused(403, full), refused(413, full), refused(403, policy), Answer(401), refused(413, "slow down")
    http.on("POST", "/servers/server-1/metadata", *answers)
    for expected in (OverQuota, OverQuota, Forbidden, Forbidden, Unreachable):
        with pytest.raises(SpotError) as caught:
            compute.write_metadata("server-1", {"key": "value"})
        assert type(caught.value) is expected


def test_a_key_that_somebody_else_removed_meanwhile_is_removed(http: HttpStub, compute: NovaCompute) -> None:
    http.on("GET", "/servers/server-1/metadata", {"metadata": {"one": "1", "two": "2", "kept": "3"}})
    http.on("DELETE", "/servers/server-1/metadata/one", Answer(404))
    http.on("DELETE", "/servers/server-1/metadata/two", Answer(204))
    compute.remove_metadata("server-1", ["two", "one", "absent"])
    assert http.asked("DELETE") == ["/servers/server-1/metadata/two", "/servers/server-1/metadata/one"]


def test_a_move_of_which_only_the_answer_was_lost_is_made(http: HttpStub, compute: NovaCompute) -> None:
    http.on("POST", "/os-aggregates/7/action", Answer(409))
    http.on("GET", "/os-aggregates/7", {"aggregate": {"id": 7, "name": "lease", "hosts": ["c1"]}})
    compute.join_aggregate(7, "c1")
    with pytest.raises(NotNow):
        compute.leave_aggregate(7, "c1")


class Meeting(HttpStub):
    """A cloud that keeps whoever changes an aggregate waiting for another one who does so at the same time."""

    def __init__(self, patience_seconds: float) -> None:
        super().__init__()
        self._two = Barrier(2, timeout=patience_seconds)
        for number in (7, 8):
            self.on("POST", f"/os-aggregates/{number}/action", {})

    def send(self, request: PreparedRequest, **kwargs: Any) -> Response:  # type: ignore[override]
        self._two.wait()
        return super().send(request, **kwargs)


def _join_both(http: HttpStub, aggregates: Sequence[int]) -> None:
    compute = NovaCompute(http.session())
    with ThreadPoolExecutor(2) as threads:
        joins = [threads.submit(compute.join_aggregate, one, f"c{at}") for at, one in enumerate(aggregates)]
    for join in joins:
        join.result()


def test_different_aggregates_are_changed_at_the_same_time() -> None:
    http = Meeting(patience_seconds=30)
    _join_both(http, (7, 8))
    assert sorted(http.asked("POST")) == ["/os-aggregates/7/action", "/os-aggregates/8/action"]


def test_one_aggregate_is_changed_by_one_at_a_time() -> None:
    http = Meeting(patience_seconds=0.5)
    with pytest.raises(BrokenBarrierError):
        _join_both(http, (7, 7))
    assert http.asked("POST") == []


def test_a_flavor_is_given_what_it_lacks_and_only_if_it_lacks_something(http: HttpStub, compute: NovaCompute) -> None:
    def flavor(name: str, **specs: str) -> dict[str, Any]:
        size = {"vcpus": 1, "ram": 64, "disk": 1, "OS-FLV-EXT-DATA:ephemeral": 0, "swap": 0}
        return {"id": name, "name": name.upper(), "extra_specs": specs, **size}

    shadow = {"resources:CUSTOM_SPOT_DISK_GB": "1", "resources:CUSTOM_SPOT_MEMORY_MB": "64"}
    lacking = flavor("new", **{PREEMPTIBLE: "true", "resources:CUSTOM_SPOT_VCPU": "2"}, **shadow)
    enrolled = flavor("old", **{PREEMPTIBLE: "true", "resources:CUSTOM_SPOT_VCPU": "1"}, **shadow)
    enrolled["os-flavor-access:is_public"] = False
    http.on("GET", "/flavors/detail", {"flavors": [lacking, enrolled, flavor("plain")]})
    http.on("GET", "/flavors/new", {"flavor": lacking})
    http.on("GET", "/flavors/old", {"flavor": enrolled})
    http.on("POST", "/flavors/new/os-extra_specs", {})
    found = compute.preemptible_flavors()
    assert {name: one.name for name, one in found.items() if missing_specs(one)} == {"new": "NEW"}
    assert {name: one.is_public for name, one in found.items()} == {"new": True, "old": False}
    assert http.requests[0].query == {"is_public": "None"}
    for name in ("new", "old"):
        compute.enrol_flavor(name)
    assert http.asked("POST") == ["/flavors/new/os-extra_specs"]
    assert http.requests[-2].body == {"extra_specs": {"resources:CUSTOM_SPOT_VCPU": "1"}}


def test_one_server_is_asked_for_by_its_id(http: HttpStub, compute: NovaCompute) -> None:
    stub = {"id": "server-9", "status": "UNKNOWN", "tenant_id": "project", "created": "2027-01-15T08:00:00Z"}
    http.on("GET", "/servers/server-1", {"server": _server(1)}, {"server": stub}, Answer(404))
    assert compute.server("server-1").host == "host1"
    with pytest.raises(Unreachable):
        compute.server("server-1")
    with pytest.raises(NotFound):
        compute.server("server-1")


def test_moves_from_one_hypervisor_are_found_among_all_of_its_service(http: HttpStub, compute: NovaCompute) -> None:
    def move(number: int, node: str) -> dict[str, Any]:
        return {"id": number, "uuid": f"move-{number}", "instance_uuid": f"server-{number}", "source_node": node}

    http.on("GET", "/os-hypervisors", {"hypervisors": [_hypervisor("host1", "one", "c1")]})
    http.on("GET", "/os-hypervisors/one", {"hypervisor": _hypervisor("host1", "one", "c1")})
    first = {"migrations": [move(1, "host1"), move(2, "host2")], "migrations_links": NEXT}
    http.on("GET", "/os-migrations", first, {"migrations": [move(3, "host1")]})
    assert compute.moves_from("host1") == {"move-1": "server-1", "move-3": "server-3"}
    asked = [request.query for request in http.requests if request.path == "/os-migrations"]
    assert asked[0] == {"source_compute": "c1"}
    assert asked[1]["marker"]


@pytest.mark.parametrize(
    ("act", "body"),
    [
        (NovaCompute.confirm_move, {"confirmResize": None}),
        (NovaCompute.shut_down, {"os-stop": None}),
        (NovaCompute.reset_state, {"os-resetState": {"state": "error"}}),
    ],
)
def test_what_is_asked_of_one_server(
    http: HttpStub, compute: NovaCompute, act: Callable[[NovaCompute, str], None], body: dict[str, Any]
) -> None:
    http.on("POST", "/servers/server-1/action", Answer(202), Answer(503))
    act(compute, "server-1")
    assert http.requests[-1].body == body
    with pytest.raises(Unreachable):
        act(compute, "server-1")


@pytest.mark.parametrize(
    ("act", "status"),
    [(NovaCompute.shut_down, 404), (NovaCompute.shut_down, 409), (NovaCompute.reset_state, 404)],
)
def test_what_needs_not_be_done_any_more_is_done(
    http: HttpStub, compute: NovaCompute, act: Callable[[NovaCompute, str], None], status: int
) -> None:
    http.on("POST", "/servers/server-1/action", Answer(status))
    act(compute, "server-1")
    assert len(http.requests) == 1


@pytest.mark.parametrize(("status", "expected"), [(404, NotFound), (409, NotNow)])
def test_a_move_that_cannot_be_confirmed_is_told(
    http: HttpStub, compute: NovaCompute, status: int, expected: type[SpotError]
) -> None:
    http.on("POST", "/servers/server-1/action", Answer(status))
    with pytest.raises(expected):
        compute.confirm_move("server-1")


def test_what_an_instance_uses_outside_the_pool_follows_from_the_flavor_it_was_booted_with(
    http: HttpStub, compute: NovaCompute
) -> None:
    shadow = {f"resources:CUSTOM_SPOT_{name}": amount for name, amount in (("VCPU", "2"), ("MEMORY_MB", "64"))}
    flavors = (
        {PREEMPTIBLE: "true", "resources:CUSTOM_GPU": "1"},
        {PREEMPTIBLE: "true", **shadow},
        {PREEMPTIBLE: "true", **shadow, "resources:CUSTOM_SPOT_DISK_GB": "4"},
    )
    records = [_server(number, flavor=_embedded("spot", specs)) for number, specs in enumerate(flavors)]
    http.on("GET", "/servers/detail", {"servers": records}, {"servers": []})
    assert [server.unpooled for server in compute.spot_servers()] == [
        {"CUSTOM_GPU": 1, "VCPU": 2, "MEMORY_MB": 64, "DISK_GB": 4},
        {"DISK_GB": 4},
        {},
    ]


def test_the_devices_that_pci_aliases_stand_for_are_part_of_flavors_and_servers(http: HttpStub) -> None:
    compute = NovaCompute(http.session(), pci_aliases={"a100": "CUSTOM_A100"})
    specs = {PREEMPTIBLE: "true", "pci_passthrough:alias": "a100:2"}
    flavor = {"id": "f", "name": "f", "OS-FLV-EXT-DATA:ephemeral": 0, **_embedded("f", specs)}
    http.on("GET", "/flavors/detail", {"flavors": [flavor]})
    assert missing_specs(compute.preemptible_flavors()["f"])["resources:CUSTOM_SPOT_CUSTOM_A100"] == "2"
    http.on("GET", "/servers/detail", {"servers": [_server(1, flavor=_embedded("f", specs))]}, {"servers": []})
    (server,) = compute.spot_servers()
    assert server.size["CUSTOM_A100"] == server.unpooled["CUSTOM_A100"] == 2
