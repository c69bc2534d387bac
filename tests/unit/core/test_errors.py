# SPDX-License-Identifier: Apache-2.0
"""Every error has a name that users may rely on."""

from blazar_spot.core import errors
from blazar_spot.core.errors import NoFreepool, Permanent, PromiseBroken, Refused, SpotError, Temporary

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SpotError)]
WITHOUT = {Refused, NoFreepool}
"""A refusal is given its code when it is raised, and to users no freepool is something that is not found."""


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in KINDS if kind not in WITHOUT]
    assert len(codes) > 5
    assert len(set(codes)) == len(codes)


def test_trying_again_helps_or_it_does_not() -> None:
    assert [kind for kind in KINDS if issubclass(kind, Temporary) and issubclass(kind, Permanent)] == []
    assert [kind for kind in KINDS if kind is not SpotError and not issubclass(kind, Temporary | Permanent)] == []


def test_a_refusal_carries_its_sentence_its_code_and_the_first_start_that_works() -> None:
    refused = Refused("No.", code="not_enough_hosts", earliest_start=5)
    assert (str(refused), refused.code, refused.earliest_start) == ("No.", "not_enough_hosts", 5)
    assert Refused("No.", code="not_enough_hosts").earliest_start is None


def test_a_promise_that_would_be_broken_says_from_when_on_it_would_not() -> None:
    broken = PromiseBroken("No.", 5)
    assert (str(broken), broken.earliest_at, PromiseBroken("No.").earliest_at) == ("No.", 5, None)
