# SPDX-License-Identifier: Apache-2.0
"""Ports that nobody else has."""

import socket

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
