# SPDX-License-Identifier: Apache-2.0
"""``openstack spot ...``: what a person asks of the service, and options for commands of others.

A command is a class in the module that is named for its object, and a line in ``setup.cfg`` (group
``openstack.spot.v1``). It turns words into one call of ``client`` and the answer into columns; it decides nothing. What
stands beside commands of others (``openstack server create --preemptible``) is a hook of cliff, in the groups
``openstack.cli.*``.

``plugin`` is loaded with every ``openstack`` command there is, so it imports nothing. Nothing of the service's own code
is imported in this room.
"""
