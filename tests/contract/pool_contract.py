# SPDX-License-Identifier: Apache-2.0
"""What every Pool has to do, the fake as well as Placement together with the real scheduler."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from blazar_spot.core.errors import NotFound, NotNow, StaleVersion
from blazar_spot.core.fences import CLOSED, OPEN, Fence
from blazar_spot.core.flavors import SHADOW_PREFIX
from tests.contract.stage import PER_HOST, PLAIN, POOLED, SPOT, Stage, booted, refused, told


class PoolContract:
    """Played on a ``stage``."""

    def test_a_host_has_no_pool_before_it_is_made(self, stage: Stage) -> None:
        assert stage.one.host not in stage.pool.pools()
        assert stage.pool.spot_consumers(stage.one.host) == frozenset()

    def test_a_new_pool_is_open(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, OPEN, None)
        assert stage.pool.pools()[stage.one.host].is_closed is False
        assert stage.other.host not in stage.pool.pools()

    def test_closing_and_opening_twice_is_doing_it_once(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, OPEN, None)
        for _ in range(2):
            stage.pool.close(stage.one.host)
            assert stage.pool.pools()[stage.one.host].is_closed is True
        for _ in range(2):
            stage.pool.keep(stage.one.host, OPEN, stage.pool.pools()[stage.one.host])
            assert stage.pool.pools()[stage.one.host].is_closed is False

    def test_the_closed_pools_are_told_alone(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, OPEN, None)
        assert stage.pool.closed_pools() == {}
        stage.pool.close(stage.other.host)
        assert stage.pool.closed_pools() == {stage.other.host: stage.pool.pools()[stage.other.host]}
        stage.pool.keep(stage.other.host, OPEN, stage.pool.closed_pools()[stage.other.host])
        assert stage.pool.closed_pools() == {}

    def test_a_pool_that_was_closed_again_since_it_was_seen_is_not_opened(self, stage: Stage) -> None:
        stage.pool.close(stage.one.host)
        seen = stage.pool.pools()[stage.one.host]
        stage.pool.close(stage.one.host)
        for too_old in (seen, None):
            with pytest.raises(StaleVersion):
                stage.pool.keep(stage.one.host, OPEN, too_old)
        assert stage.pool.pools()[stage.one.host].is_closed is True

    def test_closing_makes_a_missing_pool_and_closes_it(self, stage: Stage) -> None:
        stage.pool.close(stage.one.host)
        assert stage.pool.pools()[stage.one.host].is_closed is True

    def test_a_pool_that_nobody_consumes_can_be_taken_away_and_made_again(self, stage: Stage) -> None:
        for make in (lambda: stage.pool.keep(stage.one.host, OPEN, None), lambda: stage.pool.close(stage.one.host)):
            make()
            for _ in range(2):
                stage.pool.remove(stage.one.host)
                assert stage.one.host not in stage.pool.pools()
        stage.pool.remove("no-such-host")
        stage.pool.keep(stage.one.host, OPEN, None)
        booted(stage, POOLED, stage.one)

    def test_a_pool_that_somebody_consumes_stays_as_it_is(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, OPEN, None)
        inside = booted(stage, POOLED, stage.one)
        with pytest.raises(NotNow):
            stage.pool.remove(stage.one.host)
        assert stage.pool.spot_consumers(stage.one.host) == {inside}

    def test_many_may_close_the_same_missing_pool_at_once(self, stage: Stage) -> None:
        with ThreadPoolExecutor(max_workers=4) as many:
            for done in [many.submit(stage.pool.close, stage.one.host) for _ in range(4)]:
                done.result()
        assert stage.pool.pools()[stage.one.host].is_closed is True

    def test_only_what_differs_is_written(self, stage: Stage) -> None:
        for fence in (OPEN, Fence(amounts={"CUSTOM_GPU": 1}), CLOSED, OPEN):
            seen = stage.pool.pools().get(stage.one.host)
            assert [stage.pool.keep(stage.one.host, fence, seen) for _ in range(2)] == [True, False]
            assert stage.pool.pools()[stage.one.host].is_closed is fence.is_closed

    def test_more_may_be_withheld_than_was_seen_but_not_less(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, Fence(amounts={"CUSTOM_GPU": 2}), None)
        stage.pool.keep(stage.one.host, Fence(amounts={"CUSTOM_GPU": 3, "MEMORY_MB": 64}), None)
        with pytest.raises(StaleVersion):
            stage.pool.keep(stage.one.host, Fence(amounts={"CUSTOM_GPU": 3}), None)
        seen = stage.pool.pools()[stage.one.host]
        assert stage.pool.keep(stage.one.host, Fence(amounts={"CUSTOM_GPU": 3}), seen)

    def test_a_partly_closed_pool_takes_as_many_as_are_left(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, Fence(amounts={"CUSTOM_GPU": PER_HOST - 1}), None)
        inside = booted(stage, POOLED, stage.one)
        refused(stage, POOLED, stage.one)
        stage.pool.keep(stage.one.host, Fence(amounts={"CUSTOM_GPU": PER_HOST}), None)
        assert stage.pool.spot_consumers(stage.one.host) == {inside}

    def test_room_is_kept_free_and_nothing_that_is_withheld_besides_is_let_go_of(self, stage: Stage) -> None:
        room = Fence(room={"CUSTOM_GPU": PER_HOST - 1})
        assert [stage.pool.withhold(stage.one.host, room) for _ in range(2)] == [True, False]
        assert stage.pool.pools()[stage.one.host].is_closed is False
        inside = booted(stage, POOLED, stage.one)
        refused(stage, POOLED, stage.one)
        stage.pool.close(stage.one.host)
        assert stage.pool.withhold(stage.one.host, room) is False
        assert stage.pool.pools()[stage.one.host].is_closed is True
        assert stage.pool.keep(stage.one.host, room, stage.pool.pools()[stage.one.host])
        assert stage.pool.withhold(stage.one.host, Fence(room={"CUSTOM_GPU": 1})) is False
        refused(stage, POOLED, stage.one)
        assert stage.pool.spot_consumers(stage.one.host) == {inside}

    def test_a_change_of_a_pool_or_of_who_is_in_it_can_be_seen_in_bulk(self, stage: Stage) -> None:
        def changed() -> set[str]:
            before = dict(known)
            known.update(stage.pool.revisions())
            return {host for host, revision in known.items() if before.get(host) != revision}

        known: dict[str, str] = {}
        assert {stage.one.host, stage.other.host} <= changed()
        assert not changed()
        stage.pool.keep(stage.one.host, OPEN, None)
        assert changed() == {stage.one.host}
        stage.pool.keep(stage.one.host, Fence(amounts={"CUSTOM_GPU": 1}), None)
        assert changed() == {stage.one.host}
        stage.pool.close(stage.other.host)
        assert changed() == {stage.other.host}
        assert not changed()

    def test_an_unknown_host_is_not_an_empty_one(self, stage: Stage) -> None:
        with pytest.raises(NotFound):
            stage.pool.keep("no-such-host", OPEN, None)
        for ask in (stage.pool.close, stage.pool.consumers, stage.pool.usage):
            with pytest.raises(NotFound):
                ask("no-such-host")
        with pytest.raises(NotFound):
            stage.pool.spot_consumers("no-such-host")

    def test_without_a_pool_no_pooled_server_is_scheduled(self, stage: Stage) -> None:
        refused(stage, POOLED, stage.one)

    def test_a_closed_pool_lets_nobody_in_and_leaves_who_is_there_alone(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, OPEN, None)
        inside = booted(stage, POOLED, stage.one)
        stage.pool.close(stage.one.host)
        refused(stage, POOLED, stage.one)
        seen = told(stage, inside)
        assert seen is not None
        assert seen.status == "ACTIVE"
        assert stage.pool.spot_consumers(stage.one.host) == {inside}

    def test_an_opened_pool_lets_in_again(self, stage: Stage) -> None:
        stage.pool.close(stage.one.host)
        stage.pool.keep(stage.one.host, OPEN, stage.pool.pools()[stage.one.host])
        booted(stage, POOLED, stage.one)

    def test_a_full_pool_is_open_and_a_closed_one_stays_closed_when_its_servers_go(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, OPEN, None)
        servers = [booted(stage, POOLED, stage.one) for _ in range(PER_HOST)]
        refused(stage, POOLED, stage.one)
        assert stage.pool.pools()[stage.one.host].is_closed is False
        stage.pool.close(stage.one.host)
        for server in servers:
            stage.compute.delete(server, force=False)
        stage.until(lambda: not stage.pool.spot_consumers(stage.one.host), "the pool is empty")
        assert stage.pool.pools()[stage.one.host].is_closed is True

    def test_everybody_on_the_host_is_a_consumer_but_only_pooled_servers_of_its_pool(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, OPEN, None)
        pooled, spot = booted(stage, POOLED, stage.one), booted(stage, SPOT, stage.one)
        plain = stage.boot(PLAIN, stage.one)
        everybody = {pooled, spot, plain}
        stage.until(lambda: stage.pool.consumers(stage.one.host) == everybody, "all three are consumers")
        assert stage.pool.spot_consumers(stage.one.host) == {pooled}
        assert stage.pool.consumers(stage.other.host) == frozenset()

    def test_what_is_used_is_told_by_consumer_and_the_pool_itself_is_no_resource(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, OPEN, None)
        empty = stage.pool.usage(stage.one.host)
        assert empty.held == {}
        assert empty.capacity["CUSTOM_GPU"] == PER_HOST
        assert not [name for name in empty.capacity if name.startswith(SHADOW_PREFIX)]
        server = booted(stage, POOLED, stage.one)
        seen, known = stage.pool.usage(stage.one.host), told(stage, server)
        assert known is not None
        assert seen.capacity == empty.capacity
        assert dict(seen.held[server]) == dict(known.size)
        assert known.size["CUSTOM_GPU"] == 1

    def test_how_full_a_pool_is_is_told_in_the_names_of_the_hosts_classes(self, stage: Stage) -> None:
        with pytest.raises(NotFound):
            stage.stock.level(stage.one.host)
        assert stage.one.host not in stage.stock.free()
        stage.pool.keep(stage.one.host, Fence(amounts={"CUSTOM_GPU": 1}), None)
        empty = stage.stock.level(stage.one.host)
        assert (empty.total["CUSTOM_GPU"], empty.reserved["CUSTOM_GPU"], empty.used["CUSTOM_GPU"]) == (PER_HOST, 1, 0)
        booted(stage, POOLED, stage.one)
        full, free = stage.stock.level(stage.one.host), stage.stock.free()
        assert (full.total, full.reserved, full.used["CUSTOM_GPU"]) == (empty.total, empty.reserved, 1)
        assert free == {
            stage.one.host: {name: full.total[name] - full.reserved[name] - full.used[name] for name in full.total}
        }
        stage.pool.close(stage.one.host)
        shut = stage.stock.level(stage.one.host)
        assert (shut.total, shut.reserved, shut.used) == (full.total, full.total, full.used)
        assert all(left <= 0 for left in stage.stock.free()[stage.one.host].values())

    def test_a_server_is_a_consumer_while_it_is_being_built(self, stage: Stage) -> None:
        stage.pool.keep(stage.one.host, OPEN, None)
        stage.build_slowly()
        server = stage.boot(POOLED, stage.one)
        stage.until(lambda: server in stage.pool.spot_consumers(stage.one.host), "it consumes the pool")
        seen = told(stage, server)
        assert seen is not None
        assert seen.status == "BUILD"

    def test_a_moved_server_leaves_a_consumer_behind_until_it_is_confirmed(self, stage: Stage) -> None:
        for host in (stage.one, stage.other):
            stage.pool.keep(host.host, OPEN, None)
        server = booted(stage, POOLED, stage.one)
        stage.migrate(server, stage.other)
        stage.until(lambda: stage.compute.server(server).status == "VERIFY_RESIZE", "it has moved")
        left_behind = stage.pool.consumers(stage.one.host)
        assert len(left_behind) == 1
        assert server not in left_behind
        assert stage.pool.spot_consumers(stage.one.host) == left_behind
        assert stage.pool.spot_consumers(stage.other.host) == {server}
