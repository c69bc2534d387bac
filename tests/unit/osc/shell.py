# SPDX-License-Identifier: Apache-2.0
"""A shell like ``openstack``, with our commands as they are installed, in this process.

The commands are found, parsed and run by cliff as they are in the real one; only who asks, and the ways to the
services, are given here.
"""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from cliff.app import App
from osc_lib.command.commandmanager import CommandManager

from blazar_spot.client import Client

GROUPS = ("openstack.spot.v1",)


@dataclass
class ClientManager:
    """What OpenStackClient has for a command: the services as somebody's, and the configuration of the cloud."""

    spot: Client
    compute: Any = None
    reservation: Any = None
    configuration: dict[str, Any] = field(default_factory=dict)

    def get_configuration(self) -> dict[str, Any]:
        return self.configuration


class Shell(App):
    """Runs commands, and keeps what they print."""

    NAME = "openstack"

    def __init__(self, manager: ClientManager, groups: Iterable[str] = GROUPS) -> None:
        commands = CommandManager("openstack.cli")
        for group in groups:
            commands.add_command_group(group)
        super().__init__("A shell for tests.", "0", commands, stdout=io.StringIO(), stderr=io.StringIO())
        self.client_manager = manager
        self.options = self.parser.parse_args([])

    def type(self, *words: str) -> int:
        """Run a command, and say with which code it ends."""
        self.stdout = io.StringIO()
        return int(self.run_subcommand(list(words)))

    def read(self, *words: str) -> Any:
        """What a command that goes well says to machines."""
        assert self.type(*words, "-f", "json") == 0, self.printed
        return json.loads(self.printed)

    @property
    def printed(self) -> str:
        """What the last command printed."""
        assert isinstance(self.stdout, io.StringIO)
        return self.stdout.getvalue()
