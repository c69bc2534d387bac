# SPDX-License-Identifier: Apache-2.0
"""What the commands have in common: the options that several have, and finding what a person means by a name."""

import argparse
import re
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from cliff.command import Command
from osc_lib import exceptions, utils
from osc_lib.cli import parseractions
from osc_lib.command import command

from blazar_spot.client.errors import BadRequest, NotFound

if TYPE_CHECKING:
    from blazar_spot.client import Client

T = TypeVar("T", bound=Mapping[str, Any])

_DURATION = re.compile(r"(\d{1,9})([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def manager(asking: Command) -> Any:
    """What OpenStackClient gives a command: the services, and the configuration of the cloud."""
    return asking.app.client_manager  # type: ignore[attr-defined] # of an App as osc_lib has it


def spot(asking: Command) -> "Client":
    """The service, as the person who typed the command."""
    client: Client = manager(asking).spot
    return client


def duration(text: str) -> int:
    """Seconds: a number, or one with a unit (s, m, h, d)."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write 90, 90s, 5m, 2h or 1d")
    return int(match[1]) * _SECONDS[match[2]]


def instant(text: str) -> str:
    """As the service writes it; without a zone it is in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write '2027-01-15 08:00', in UTC") from None
    at = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def add_long(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--long", action="store_true", help="List additional fields in output")


def add_all_projects(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--all-projects", action="store_true", help="Include all projects (admin only)")


def add_reason(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    parser.add_argument(
        "--reason", metavar="<reason>", default="", required=required, help="Why, for whoever reads the records"
    )


def add_limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit",
        metavar="<limit>",
        type=int,
        action=parseractions.NonNegativeAction,
        help="The maximum number of entries to return (default: all)",
    )


def find(
    kind: str,
    name_or_id: str,
    get: Callable[[str], T],
    every: Callable[[], Iterable[T]],
    called: Callable[[T], Container[str]] = lambda one: (one["name"],),
) -> T:
    """The one with this id, or else the only one that is called so."""
    try:
        return get(name_or_id)
    except (NotFound, BadRequest):  # the latter of what can be no id
        found = [one for one in every() if name_or_id in called(one)]
    if len(found) > 1:
        raise exceptions.CommandError(f"More than one {kind} exists with the name '{name_or_id}'.")
    if not found:
        raise exceptions.CommandError(f"No {kind} with a name or ID of '{name_or_id}' exists.")
    return found[0]


def server_id(asking: Command, name_or_id: str) -> str:
    """The id of a server, which only Nova has to be asked for if this is a name."""
    if utils.is_uuid_like(name_or_id):
        return name_or_id
    return str(manager(asking).compute.find_server(name_or_id, ignore_missing=False).id)


def delete_each(asking: command.Command, kind: str, names: Iterable[str], delete: Callable[[str], None]) -> None:
    """Delete as many as can be deleted, name the others, and fail if there are any."""
    wanted, failed = list(names), 0
    for name in wanted:
        try:
            delete(name)
        except Exception as error:
            failed += 1
            asking.log.error("Failed to delete %s '%s': %s", kind, name, error)
    if failed:
        raise exceptions.CommandError(f"{failed} of {len(wanted)} {kind}s failed to delete.")
