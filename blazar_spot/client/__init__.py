# SPDX-License-Identifier: Apache-2.0
"""The service from outside: what a program asks of it, over HTTP, as somebody with a token.

``Client`` takes a session of keystoneauth, finds the service by its type ``spot`` in the catalog, and has one small
class for each kind of object. What it answers is what the service says (``documents``), lists come as iterators that
ask for the next page when it is needed, and what is refused is raised by its code (``errors``).

Nothing of the service's own code is imported here: this room stands apart, like the ``osc`` room that uses it.
"""

from blazar_spot.client.client import Client

__all__ = ["Client"]
