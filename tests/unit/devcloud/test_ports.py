# SPDX-License-Identifier: Apache-2.0
"""Ports that nobody else has."""

import socket
import subprocess
import sys

import pytest

from blazar_spot.devcloud import ports as devcloud_ports
from blazar_spot.devcloud.ports import FIRST, LAST, LOOPBACK, free_ports, is_listening


def test_ports_are_different_and_below_those_of_outgoing_connections() -> None:
    ports = free_ports(str(number) for number in range(50))
    assert len(set(ports.values())) == 50
    assert all(FIRST <= port < LAST for port in ports.values())


def test_a_port_that_was_given_can_be_taken() -> None:
    port = free_ports(["one"])["one"]
    assert not is_listening(port)
    with socket.create_server((LOOPBACK, port)):
        assert is_listening(port)


TAKES_HALF = """
import sys
from blazar_spot.devcloud import ports
ports.FIRST, ports.LAST = int(sys.argv[1]), int(sys.argv[2])
print(*ports.free_ports("abcd").values(), flush=True)
sys.stdin.read()
"""


def test_what_was_given_to_one_who_brings_a_cloud_up_is_given_to_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_ports(["start of a few that are free"]).popitem()[1]
    monkeypatch.setattr(devcloud_ports, "FIRST", first + 1)
    monkeypatch.setattr(devcloud_ports, "LAST", first + 9)
    with subprocess.Popen(
        [sys.executable, "-c", TAKES_HALF, str(first + 1), str(first + 9)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        theirs = {int(port) for port in other.stdout.readline().split()}
        ours = set(free_ports("abcd").values())
        assert len(theirs) == len(ours) == 4
        assert not theirs & ours
        with pytest.raises(RuntimeError, match="no free port"):
            free_ports("e")
        other.communicate()
