# SPDX-License-Identifier: Apache-2.0
"""What the fake store shows and does for tests besides keeping its contract."""

from dataclasses import replace

import pytest

from blazar_spot.core.errors import Unreachable
from blazar_spot.core.promises import NoticeState, Standing
from blazar_spot.core.reclaim import State
from blazar_spot.testing.store import FakeStore
from tests.contract.store import CLAIM, INSTANCE, NOTICE, RECLAIM, put


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


def test_a_test_sees_what_has_ended_too(store: FakeStore) -> None:
    put(
        store,
        replace(CLAIM, standing=Standing.WITHDRAWN),
        replace(RECLAIM, state=State.CANCELLED),
        replace(NOTICE, state=NoticeState.TERMINATED),
        replace(INSTANCE, gone_at=1),
    )
    assert [claim.standing for claim in store.claims] == [Standing.WITHDRAWN]
    assert [reclaim.state for reclaim in store.reclaims] == [State.CANCELLED]
    assert [notice.state for notice in store.notices] == [NoticeState.TERMINATED]
    assert [instance.gone_at for instance in store.instances] == [1]


def test_a_test_sees_whether_anything_was_written(store: FakeStore) -> None:
    put(store, CLAIM, RECLAIM)
    with pytest.raises(ZeroDivisionError), store.begin() as work:
        work.put_notices([NOTICE])
        raise ZeroDivisionError
    with store.begin() as work:
        work.open_claims()
    assert store.writes == 2


def test_a_store_that_is_down_is_unreachable_and_forgets_nothing(store: FakeStore) -> None:
    put(store, CLAIM)
    store.is_down = True
    with pytest.raises(Unreachable):
        put(store, RECLAIM)
    store.is_down = False
    assert (len(store.claims), store.reclaims) == (1, [])


def test_a_unit_of_work_inside_another_one_is_a_mistake_that_is_told(store: FakeStore) -> None:
    with store.begin(), pytest.raises(RuntimeError, match="inside another"), store.begin():
        pass
    put(store, CLAIM)
    assert len(store.claims) == 1
