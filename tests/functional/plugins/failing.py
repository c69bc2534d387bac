# SPDX-License-Identifier: Apache-2.0
"""What goes wrong in the middle of what Blazar does: its process dies, Keystone is away."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, NoReturn

import pytest
from blazar.db import api as db_api
from blazar.utils import trusts
from keystoneauth1.exceptions.http import InternalServerError

from tests.functional.plugins.reservations import Reservations

LONGEST = 125
"""How long a start of one reservation can last, in seconds, with a hand-over budget of 5."""


class Dead(BaseException):
    """The process ended here; no handler of errors runs any more."""


@contextmanager
def dying_in(call: str, monkeypatch: pytest.MonkeyPatch, after: int = 0) -> Iterator[None]:
    """The process dies before this call of Blazar's database, when it has been made so often."""
    do, made = getattr(db_api, call), count()

    def die(*about: Any, **more: Any) -> Any:
        if next(made) == after:
            raise Dead
        return do(*about, **more)

    with monkeypatch.context() as fatal, pytest.raises(Dead):
        fatal.setattr(db_api, call, die)
        yield


@contextmanager
def without_keystone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Blazar gets no token for what it is to do; more can be broken meanwhile."""

    def no_token(trust_id: str) -> NoReturn:
        raise InternalServerError

    with monkeypatch.context() as broken:
        broken.setattr(trusts, "create_ctx_from_trust", no_token)
        yield broken


def pass_and_retry(reservations: Reservations, seconds: int = LONGEST + 1) -> None:
    """After so long the monitor looks once, and then Blazar does what is due."""
    reservations.world.pass_time(seconds)
    reservations.poll()
    reservations.run_events()
