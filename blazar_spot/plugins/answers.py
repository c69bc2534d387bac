# SPDX-License-Identifier: Apache-2.0
"""What Blazar is told of what cannot be done: no, in its own words.

A refusal must be Blazar's own exception class itself, never a subclass: the API looks it up by its name. An update
that raises any other than ``HARMLESS`` leaves its lease in ERROR, from where it never starts.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from blazar.enforcement.exceptions import ExternalServiceFilterException, MaxLeaseDurationException
from blazar.exceptions import BlazarException, InvalidInput
from blazar.manager import exceptions

from blazar_spot.core.errors import Refused, SpotError
from blazar_spot.plugins.attempts import translated

HARMLESS = (
    InvalidInput,
    exceptions.InvalidRange,
    exceptions.MissingParameter,
    exceptions.MalformedRequirements,
    exceptions.MalformedParameter,
    exceptions.NotEnoughHostsAvailable,
    exceptions.InvalidDate,
    exceptions.CantUpdateParameter,
    exceptions.InvalidPeriod,
    MaxLeaseDurationException,
    ExternalServiceFilterException,
)
"""After these Blazar gives a lease that was to be updated the status back that it had: the list of its manager."""


@contextmanager
def answered() -> Iterator[None]:
    """Say no in Blazar's words."""
    try:
        with translated():
            yield
    except Refused as refused:
        # Blazar logs it with all that led to it, and a refusal is no fault. Its own NotEnoughHostsAvailable would say
        # the same, but has no HTTP status: the API makes an internal server error of it.
        raise ExternalServiceFilterException(message=str(refused)) from None
    except SpotError as error:
        message = f"The hosts cannot be held now: {error}; code={error.code}"
        raise ExternalServiceFilterException(message=message) from error


@contextmanager
def unharmed() -> Iterator[None]:
    """Refuse an update whatever goes wrong in here, where its lease has not been changed, or is as it was again. Blazar
    logs what led to it, so nobody loses a mistake of ours by it."""
    try:
        with answered():
            yield
    except Exception as error:
        if type(error) in HARMLESS:
            raise
        why = str(error) if isinstance(error, BlazarException) else "something went wrong inside"
        raise ExternalServiceFilterException(message=f"The lease is as it was: {why}; code=internal") from error
