# SPDX-License-Identifier: Apache-2.0
"""What every Compute has to do, the fake as well as Nova."""

import pytest

from blazar_spot.core.departures import Deletion
from blazar_spot.core.errors import NotFound, NotNow, OverQuota, Permanent, Unreachable
from blazar_spot.core.fences import OPEN
from blazar_spot.enforcement.aggregates import freepool
from blazar_spot.ports.compute import Server
from tests.contract.stage import HUGE, PLAIN, POOLED, SHORT, SPOT, Stage, booted, refused, told, unenrolled

DONE = Deletion(is_taken=True, is_done=True)
MARK = {"contract_mark": "1"}
NOBODY = "00000000-0000-0000-0000-000000000000"


class ComputeContract:
    """Played on a ``stage``."""

    def test_a_running_spot_server_is_told_with_all_that_matters(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        seen = told(stage, server)
        assert seen is not None
        assert (seen.host, seen.flavor, seen.is_spot, seen.is_going) == (stage.one.host, SPOT, True, False)
        assert seen.launched_at is not None
        assert seen.launched_at >= seen.created_at
        assert seen.project_id

    def test_it_is_told_what_a_server_uses_outside_the_pool(self, stage: Stage) -> None:
        for host in (stage.one, stage.other):
            stage.pool.keep(host.host, OPEN, None)
        unpooled, pooled = booted(stage, SPOT, stage.one), booted(stage, POOLED, stage.other)
        first, second = told(stage, unpooled), told(stage, pooled)
        assert first is not None
        assert second is not None
        assert first.unpooled["CUSTOM_GPU"] == 1
        assert first.unpooled["MEMORY_MB"] > 0
        assert second.unpooled == {}

    def test_it_is_told_what_the_flavor_that_it_was_booted_with_promises(self, stage: Stage) -> None:
        short, other = booted(stage, SHORT, stage.one), booted(stage, SPOT, stage.other)
        stage.remove_flavor(SHORT)
        first, second = told(stage, short), told(stage, other)
        assert first is not None
        assert second is not None
        assert (first.min_uptime, first.notice) == (600, 90)
        assert (second.min_uptime, second.notice) == (None, None)

    def test_servers_of_other_flavors_are_not_told(self, stage: Stage) -> None:
        plain = stage.boot(PLAIN, stage.one)
        stage.until(lambda: plain in stage.compute.servers_on(stage.one.host), "it has a row")
        assert told(stage, plain) is None

    def test_a_server_stays_spot_when_its_flavor_is_removed(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        stage.remove_flavor(SPOT)
        seen = told(stage, server)
        assert seen is not None
        assert (seen.flavor, seen.is_spot) == (SPOT, True)

    def test_a_server_that_is_being_built_is_told(self, stage: Stage) -> None:
        stage.build_slowly()
        server = stage.boot(SPOT, stage.one)
        stage.until(lambda: server in stage.pool.consumers(stage.one.host), "it is scheduled")
        seen = told(stage, server)
        assert seen is not None
        assert (seen.status, seen.launched_at, seen.is_going) == ("BUILD", None, False)

    def test_a_server_that_found_no_host_is_told_without_one(self, stage: Stage) -> None:
        server = refused(stage, HUGE, stage.one)
        seen = told(stage, server)
        assert seen is not None
        assert (seen.host, seen.launched_at) == (None, None)

    def test_a_change_is_told_be_it_of_the_state_or_of_the_metadata_or_the_end(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        stage.compute.write_metadata(server, MARK)
        [changed] = self._changes(stage, server)
        assert (changed.status, changed.is_gone, changed.metadata) == ("ACTIVE", False, MARK)
        stage.compute.delete(server, force=True)
        stage.until(lambda: [one for one in self._changes(stage, server) if one.is_gone], "it is told as gone")
        assert told(stage, server) is None

    def test_a_soft_deleted_server_is_told_as_changed_and_not_as_gone(self, stage: Stage) -> None:
        stage.soft_delete()
        server = booted(stage, SPOT, stage.one)
        stage.compute.delete(server, force=False)
        stage.until(lambda: [one for one in self._changes(stage, server) if one.is_going], "it is told as going")
        assert [one.is_gone for one in self._changes(stage, server)] == [False]
        stage.compute.delete(server, force=True)

    def test_that_metadata_was_removed_is_seen_by_asking_and_is_told_as_no_change(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        stage.compute.write_metadata(server, MARK)
        stage.until(lambda: not self._changes(stage, server, stage.now()), "its last change is past")
        since = stage.now()
        stage.compute.remove_metadata(server, MARK)
        assert not stage.compute.server(server).metadata.keys() & MARK.keys()
        assert self._changes(stage, server, since) == []
        stage.compute.write_metadata(server, MARK)
        assert [one.metadata for one in self._changes(stage, server, since)] == [MARK]

    @staticmethod
    def _changes(stage: Stage, server: str, since: int = 0) -> list[Server]:
        return [one for one in stage.compute.spot_changes(since) if one.id == server]

    def test_the_rows_of_a_host_are_all_its_servers(self, stage: Stage) -> None:
        spot, plain = booted(stage, SPOT, stage.one), stage.boot(PLAIN, stage.one)
        stage.until(lambda: stage.compute.servers_on(stage.one.host) == {spot, plain}, "both have rows")
        assert stage.compute.servers_on(stage.other.host) == frozenset()

    def test_an_unknown_host_is_not_an_empty_one(self, stage: Stage) -> None:
        with pytest.raises(NotFound):
            stage.compute.servers_on("no-such-host")

    def test_a_part_of_a_name_is_not_the_name(self, stage: Stage) -> None:
        with pytest.raises(NotFound):
            stage.compute.servers_on(stage.one.host[:-1])

    def test_metadata_is_added_to_what_is_there(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        stage.compute.write_metadata(server, {"first": "1", "second": "2"})
        stage.compute.write_metadata(server, {"second": "3"})
        seen = told(stage, server)
        assert seen is not None
        assert {"first": "1", "second": "3"}.items() <= seen.metadata.items()

    def test_removing_metadata_leaves_the_other_keys(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        stage.compute.write_metadata(server, {"first": "1", "second": "2"})
        stage.compute.remove_metadata(server, ["first", "never-there"])
        stage.compute.remove_metadata(server, ["first"])
        seen = told(stage, server)
        assert seen is not None
        assert "first" not in seen.metadata
        assert seen.metadata["second"] == "2"

    def test_metadata_cannot_be_written_in_every_state(self, stage: Stage) -> None:
        server = refused(stage, HUGE, stage.one)
        with pytest.raises(NotNow):
            stage.compute.write_metadata(server, MARK)

    def test_metadata_cannot_be_written_beyond_the_quota(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        stage.compute.write_metadata(server, {f"key{number}": "full" for number in range(128)})
        with pytest.raises(OverQuota):
            stage.compute.write_metadata(server, MARK)
        stage.compute.write_metadata(server, {"key7": "changed"})

    def test_metadata_of_nobody_is_not_found(self, stage: Stage) -> None:
        with pytest.raises(NotFound):
            stage.compute.write_metadata(NOBODY, MARK)
        with pytest.raises(NotFound):
            stage.compute.remove_metadata(NOBODY, MARK)

    @pytest.mark.parametrize("force", [False, True])
    def test_a_deleted_server_goes_and_is_told_as_going_until_then(self, stage: Stage, force: bool) -> None:
        stage.pool.keep(stage.one.host, OPEN, None)
        server = booted(stage, POOLED, stage.one)
        stage.compute.delete(server, force=force)
        seen = told(stage, server)
        assert seen is None or seen.is_going
        stage.until(lambda: server not in stage.compute.servers_on(stage.one.host), "its row is gone")
        assert server not in stage.pool.consumers(stage.one.host)
        assert told(stage, server) is None

    def test_deleting_again_or_nobody_is_success(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        for force in (False, True, False):
            stage.compute.delete(server, force=force)
        stage.until(lambda: told(stage, server) is None, "it is gone")
        for force in (False, True):
            stage.compute.delete(server, force=force)
            stage.compute.delete(NOBODY, force=force)

    def test_a_server_that_is_being_built_can_be_deleted(self, stage: Stage) -> None:
        stage.build_slowly()
        server = stage.boot(SPOT, stage.one)
        stage.until(lambda: server in stage.pool.consumers(stage.one.host), "it is scheduled")
        stage.compute.delete(server, force=False)
        stage.until(lambda: server not in stage.pool.consumers(stage.one.host), "its allocation is gone")
        stage.until(lambda: server not in stage.compute.servers_on(stage.one.host), "its row is gone")

    def test_only_force_removes_a_soft_deleted_server(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        stage.soft_delete()
        stage.compute.delete(server, force=False)
        stage.until(lambda: self._is_soft_deleted(stage, server), "it is soft-deleted")
        stage.compute.delete(server, force=False)
        seen = told(stage, server)
        assert seen is not None
        assert seen.is_going
        assert server in stage.compute.servers_on(stage.one.host)
        assert server in stage.pool.consumers(stage.one.host)
        stage.compute.delete(server, force=True)
        stage.until(lambda: server not in stage.compute.servers_on(stage.one.host), "its row is gone")
        assert told(stage, server) is None

    def test_the_hosts_of_the_freepool_are_named_twice(self, stage: Stage) -> None:
        assert {stage.one, stage.other} <= set(stage.compute.freepool_hosts())

    def test_a_host_that_leaves_the_freepool_is_seen_to_be_gone(self, stage: Stage) -> None:
        home = freepool(stage.compute.all_aggregates()).id
        stage.compute.leave_aggregate(home, stage.one.service_host)
        assert stage.one not in stage.compute.freepool_hosts()
        stage.compute.join_aggregate(home, stage.one.service_host)
        assert stage.one in stage.compute.freepool_hosts()

    def test_joining_and_leaving_twice_is_doing_it_once(self, stage: Stage) -> None:
        home, lease = freepool(stage.compute.all_aggregates()).id, stage.new_aggregate(zone="contract-zone")
        for _ in range(2):
            stage.compute.leave_aggregate(home, stage.one.service_host)
        for _ in range(2):
            stage.compute.join_aggregate(lease, stage.one.service_host)
        assert stage.compute.aggregate_hosts(lease) == {stage.one.service_host}
        for _ in range(2):
            stage.compute.leave_aggregate(lease, stage.one.service_host)
        assert stage.compute.aggregate_hosts(lease) == frozenset()
        for _ in range(2):
            stage.compute.join_aggregate(home, stage.one.service_host)
        assert stage.one in stage.compute.freepool_hosts()

    def test_all_aggregates_are_told_at_once(self, stage: Stage) -> None:
        lease = stage.new_aggregate(zone="contract-zone")
        stage.compute.leave_aggregate(freepool(stage.compute.all_aggregates()).id, stage.one.service_host)
        stage.compute.join_aggregate(lease, stage.one.service_host)
        told = {one.id: one for one in stage.compute.all_aggregates()}
        assert (told[lease].zone, told[lease].is_freepool) == ("contract-zone", False)
        assert told[lease].metadata == {"availability_zone": "contract-zone"}
        assert told[lease].service_hosts == {stage.one.service_host}
        (home,) = (one for one in told.values() if one.is_freepool)
        assert stage.other.service_host in home.service_hosts
        assert stage.one.service_host not in home.service_hosts

    def test_an_aggregate_is_deleted_when_it_has_no_hosts(self, stage: Stage) -> None:
        lease = stage.new_aggregate(zone="contract-zone")
        stage.compute.join_aggregate(lease, stage.one.service_host)
        with pytest.raises(Permanent):
            stage.compute.delete_aggregate(lease)
        stage.compute.leave_aggregate(lease, stage.one.service_host)
        for _ in range(2):
            stage.compute.delete_aggregate(lease)
        assert lease not in {one.id for one in stage.compute.all_aggregates()}

    def test_a_host_with_servers_cannot_change_its_zone(self, stage: Stage) -> None:
        lease = stage.new_aggregate(zone="contract-zone")
        server = booted(stage, SPOT, stage.one)
        with pytest.raises(NotNow):
            stage.compute.join_aggregate(lease, stage.one.service_host)
        stage.compute.delete(server, force=False)
        stage.until(lambda: not stage.compute.servers_on(stage.one.host), "the host is empty")
        stage.compute.join_aggregate(lease, stage.one.service_host)

    def test_a_host_with_servers_cannot_leave_its_zone(self, stage: Stage) -> None:
        lease = stage.new_aggregate(zone="contract-zone")
        stage.compute.join_aggregate(lease, stage.one.service_host)
        server = booted(stage, SPOT, stage.one)
        with pytest.raises(NotNow):
            stage.compute.leave_aggregate(lease, stage.one.service_host)
        stage.compute.delete(server, force=False)

    def test_a_host_cannot_be_in_two_zones(self, stage: Stage) -> None:
        stage.compute.join_aggregate(stage.new_aggregate(zone="contract-zone"), stage.one.service_host)
        with pytest.raises(NotNow):
            stage.compute.join_aggregate(stage.new_aggregate(zone="another-zone"), stage.one.service_host)

    def test_aggregates_and_hosts_that_are_not_there_are_not_found(self, stage: Stage) -> None:
        home = freepool(stage.compute.all_aggregates()).id
        for move in (stage.compute.join_aggregate, stage.compute.leave_aggregate):
            with pytest.raises(NotFound):
                move(999_999, stage.one.service_host)
        with pytest.raises(NotFound):
            stage.compute.join_aggregate(home, "no-such-host")
        with pytest.raises(NotFound):
            stage.compute.aggregate_hosts(999_999)

    def test_a_preemptible_flavor_is_enrolled_once(self, stage: Stage) -> None:
        flavor = stage.new_flavor()
        before = unenrolled(stage)
        assert flavor in before.values()
        assert not {PLAIN, POOLED} & set(before.values())
        for one in before:
            for _ in range(2):
                stage.compute.enrol_flavor(one)
        assert unenrolled(stage) == {}

    def test_a_flavor_that_is_gone_cannot_be_enrolled(self, stage: Stage) -> None:
        with pytest.raises(NotFound):
            stage.compute.enrol_flavor("no-such-flavor")

    def test_a_flavor_that_is_enrolled_no_longer_is_as_it_was_before(self, stage: Stage) -> None:
        flavor = stage.new_flavor()
        before = unenrolled(stage)
        assert flavor not in stage.compute.enrolled_flavors().values()
        for one in before:
            stage.compute.enrol_flavor(one)
        enrolled = stage.compute.enrolled_flavors()
        assert {flavor, POOLED} <= set(enrolled.values())
        assert PLAIN not in enrolled.values()
        for _ in range(2):
            for one in [*enrolled, "no-such-flavor"]:
                stage.compute.unenrol_flavor(one)
        assert stage.compute.enrolled_flavors() == {}
        assert set(unenrolled(stage)) == set(before) | set(enrolled)
        booted(stage, flavor, stage.one)

    def test_a_server_of_an_enrolled_flavor_consumes_the_pool(self, stage: Stage) -> None:
        flavor = stage.new_flavor()
        for one in unenrolled(stage):
            stage.compute.enrol_flavor(one)
        stage.pool.keep(stage.one.host, OPEN, None)
        server = booted(stage, flavor, stage.one)
        assert stage.pool.spot_consumers(stage.one.host) == {server}

    def test_one_server_is_told_whatever_its_flavor(self, stage: Stage) -> None:
        plain = stage.boot(PLAIN, stage.one)
        stage.until(lambda: plain in stage.compute.servers_on(stage.one.host), "it has a row")
        seen = stage.compute.server(plain)
        assert (seen.id, seen.host, seen.is_spot) == (plain, stage.one.host, False)
        with pytest.raises(NotFound):
            stage.compute.server(NOBODY)

    def test_a_move_is_known_on_the_host_that_it_left_until_it_is_confirmed(self, stage: Stage) -> None:
        for host in (stage.one, stage.other):
            stage.pool.keep(host.host, OPEN, None)
        server = booted(stage, POOLED, stage.one)
        with pytest.raises(NotNow):
            stage.compute.confirm_move(server)
        stage.migrate(server, stage.other)
        stage.until(lambda: stage.compute.server(server).status == "VERIFY_RESIZE", "it has moved")
        [left_behind] = stage.pool.consumers(stage.one.host)
        assert stage.compute.moves_from(stage.one.host)[left_behind] == server
        assert left_behind not in stage.compute.moves_from(stage.other.host)
        stage.compute.confirm_move(server)
        stage.until(lambda: not stage.pool.consumers(stage.one.host), "nothing is left behind")
        assert stage.compute.server(server).host == stage.other.host
        with pytest.raises(NotFound):
            stage.compute.moves_from("no-such-host")
        with pytest.raises(NotFound):
            stage.compute.confirm_move(NOBODY)

    def test_a_resized_server_is_of_its_new_flavor_and_waits_to_be_confirmed(self, stage: Stage) -> None:
        for host in (stage.one, stage.other):
            stage.pool.keep(host.host, OPEN, None)
        server = booted(stage, SPOT, stage.one)
        stage.resize(server, POOLED)
        stage.until(lambda: stage.compute.server(server).status == "VERIFY_RESIZE", "it was resized")
        seen = told(stage, server)
        assert seen is not None
        assert (seen.host, seen.flavor, seen.unpooled) == (stage.other.host, POOLED, {})
        assert stage.pool.spot_consumers(stage.other.host) == {server}
        [left_behind] = stage.pool.consumers(stage.one.host)
        assert stage.compute.moves_from(stage.one.host)[left_behind] == server
        stage.compute.confirm_move(server)
        stage.until(lambda: not stage.pool.consumers(stage.one.host), "nothing is left behind")
        stage.until(lambda: stage.compute.server(server).status == "ACTIVE", "it runs on")

    def test_a_guest_is_shut_down_once_and_keeps_its_place(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        stage.compute.shut_down(server)
        stage.until(lambda: stage.compute.server(server).status == "SHUTOFF", "it is off")
        for one in (server, NOBODY):
            stage.compute.shut_down(one)
        assert server in stage.compute.servers_on(stage.one.host)

    def test_a_server_whose_state_was_reset_can_be_deleted(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        for one in (server, NOBODY):
            stage.compute.reset_state(one)
        stage.compute.delete(server, force=True)
        stage.until(lambda: told(stage, server) is None, "it is gone")

    @pytest.mark.parametrize("force", [False, True])
    def test_what_a_compute_has_destroyed_is_known_to_be_done(self, stage: Stage, force: bool) -> None:
        server = booted(stage, SPOT, stage.one)
        assert stage.compute.last_deletion(server) is None
        stage.compute.delete(server, force=force)
        stage.until(lambda: server not in stage.compute.servers_on(stage.one.host), "its row is gone")
        stage.until(lambda: stage.compute.last_deletion(server) == DONE, "its compute has said that it was done")

    def test_a_delete_of_the_row_alone_is_known_to_be_no_more_than_that(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        stage.take_for_down(stage.one)
        with pytest.raises(Unreachable):
            stage.compute.servers_on(stage.one.host)
        stage.compute.delete(server, force=False)
        stage.until(lambda: told(stage, server) is None, "its row is gone")
        stage.take_for_up(stage.one)
        assert stage.compute.servers_on(stage.one.host) == frozenset()
        assert stage.pool.consumers(stage.one.host) == frozenset()
        assert stage.compute.last_deletion(server) == Deletion(is_taken=False, is_done=False)

    def test_a_soft_delete_is_taken_and_not_done_until_it_is_forced(self, stage: Stage) -> None:
        server = booted(stage, SPOT, stage.one)
        stage.soft_delete()
        stage.compute.delete(server, force=False)
        stage.until(lambda: self._is_soft_deleted(stage, server), "it is soft-deleted")
        stage.until(
            lambda: stage.compute.last_deletion(server) == Deletion(is_taken=True, is_done=False), "its compute says so"
        )
        stage.compute.delete(server, force=True)
        stage.until(lambda: stage.compute.last_deletion(server) == DONE, "it is destroyed")

    def test_of_nobody_no_deletion_is_known(self, stage: Stage) -> None:
        with pytest.raises(NotFound):
            stage.compute.last_deletion(NOBODY)

    @staticmethod
    def _is_soft_deleted(stage: Stage, server: str) -> bool:
        seen = told(stage, server)
        return seen is not None and seen.status == "SOFT_DELETED"
