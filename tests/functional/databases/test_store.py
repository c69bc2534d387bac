# SPDX-License-Identifier: Apache-2.0
"""The store's contract on real servers, and what only shows where transactions run side by side."""

from collections.abc import Callable
from dataclasses import replace
from threading import Barrier

from blazar_spot.core.promises import Claim, Notice
from blazar_spot.db.store import SqlStore
from tests.contract.store import CLAIM, NOTICE, PATIENCE_SECONDS, StoreContract, at_once, count_stale, put
from tests.contract.webhook_store import WEBHOOK

MANY = 4


class TestStoreOnServer(StoreContract):
    """Each server in turn."""

    def test_of_two_transactions_that_read_one_row_before_both_write_it_exactly_one_is_stale(
        self, store: SqlStore
    ) -> None:
        put(store, CLAIM)
        both_have_read = Barrier(2)

        def move_to(host: str) -> Callable[[], Claim]:
            def move() -> Claim:
                with store.begin() as work:
                    [claim] = work.open_claims()
                    both_have_read.wait(PATIENCE_SECONDS)
                    return work.put_claim(replace(claim, host=host))

            return move

        assert count_stale(at_once(move_to("gpu-2"), move_to("gpu-3"))) == 1

    def test_of_two_transactions_that_see_no_notice_before_both_schedule_one_exactly_one_wins(
        self, store: SqlStore
    ) -> None:
        both_have_looked = Barrier(2)

        def schedule(notice_id: str) -> Callable[[], Notice]:
            def look_and_schedule() -> Notice:
                with store.begin() as work:
                    assert work.open_notices() == []
                    both_have_looked.wait(PATIENCE_SECONDS)
                    return work.put_notices([replace(NOTICE, id=notice_id)])[0]

            return look_and_schedule

        assert count_stale(at_once(schedule("notice-1"), schedule("notice-2"))) == 1

    def test_of_two_transactions_that_count_the_same_projects_news_the_second_waits_and_both_count(
        self, store: SqlStore
    ) -> None:
        """Also the one that looked before the other one counted, and whichever comes first is the project's first."""
        both_have_looked = Barrier(2)

        def count() -> None:
            with store.begin() as work:
                assert work.incarnations(["a", "b"]) == {"a": 0, "b": 0}
                both_have_looked.wait(PATIENCE_SECONDS)
                work.count_news(["b", "a"])

        assert at_once(count, count) == [None, None]
        with store.begin() as work:
            assert work.incarnations(["a", "b"]) == {"a": 2, "b": 2}

    def test_of_many_who_line_up_for_a_project_each_sees_what_the_one_before_wrote(self, store: SqlStore) -> None:
        """So nobody gets more webhooks by asking for many at once."""

        def create(number: int) -> Callable[[], int]:
            def count_and_create() -> int:
                with store.begin() as work:
                    work.line_up(WEBHOOK.project_id)
                    found = len(work.webhooks([WEBHOOK.project_id]))
                    work.put_webhook(replace(WEBHOOK, id=f"webhook-{number}"))
                return found

            return count_and_create

        assert sorted(at_once(*map(create, range(MANY)))) == list(range(MANY))

    def test_of_two_transactions_that_wait_for_each_other_one_is_stale_and_the_other_wins(
        self, store: SqlStore
    ) -> None:
        first, second = put(store, CLAIM, replace(CLAIM, id="claim-2"))
        both_have_one = Barrier(2)

        def write(mine: Claim, other: Claim) -> Callable[[], None]:
            def write_both() -> None:
                with store.begin() as work:
                    work.put_claim(mine)
                    both_have_one.wait(PATIENCE_SECONDS)
                    work.put_claim(other)

            return write_both

        assert count_stale(at_once(write(first, second), write(second, first))) == 1
