# SPDX-License-Identifier: Apache-2.0
"""A real OpenStack on one machine, from PyPI packages, for development and tests. Not for production.

Real Keystone, Placement, Glance, Nova and Blazar with MariaDB and RabbitMQ, and Horizon if it is asked for,
as private processes on free ports of 127.0.0.1; only the hypervisor and the network are played. It stands
alone: nothing outside this room is imported, and nothing outside it but tests and the demo imports it. Begin
reading in `cloud`.
"""
