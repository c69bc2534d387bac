# SPDX-License-Identifier: Apache-2.0
"""The installed Blazar has no way to give a host to a reservation that we do not know of.

``add_computehost`` deletes every server on the host. Each of its callers is either a door that our plugins stand
before, or one that gives hosts to nobody.
"""

import ast
import inspect
import pathlib
from collections.abc import Iterator

import blazar
import pytest
from blazar.plugins.flavor.flavor_plugin import FlavorPlugin
from blazar.plugins.instances.instance_plugin import VirtualInstancePlugin
from blazar.plugins.oshosts.host_plugin import PhysicalHostPlugin

from blazar_spot.plugins.flavors import SpotFlavorPlugin
from blazar_spot.plugins.hosts import SpotHostPlugin
from blazar_spot.plugins.instances import SpotInstancePlugin

GUARDED_FOR_SLOTS = {"update_resources", "on_start", "_post_reallocate"}
GUARDED_FOR_HOSTS = {"on_start", "_reallocate", "_update_allocations"}
DOORS = {
    # The freepool only: an operator brings a host that has no servers, which is checked before.
    "plugins/oshosts/host_plugin.py": {"create_computehost"} | GUARDED_FOR_HOSTS,
    # The host stays in the freepool, and upstream deletes nothing there, nor does it look for room.
    "plugins/instances/instance_plugin.py": GUARDED_FOR_SLOTS,
}


def callers(source: str) -> Iterator[str]:
    """The functions in the source that call ``add_computehost``."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef) and any(
            isinstance(node, ast.Attribute) and node.attr == "add_computehost" for node in ast.walk(function)
        ):
            yield function.name


def test_every_caller_of_add_computehost_is_known() -> None:
    root = pathlib.Path(blazar.__file__).parent
    found = {
        str(path.relative_to(root)): names
        for path in root.rglob("*.py")
        if "tests" not in path.parts and (names := set(callers(path.read_text())))
    }
    assert found == DOORS


@pytest.mark.parametrize("door", sorted(GUARDED_FOR_HOSTS))
def test_our_plugin_stands_before_each_door_to_a_host_reservation(door: str) -> None:
    assert getattr(SpotHostPlugin, door) is not getattr(PhysicalHostPlugin, door)


@pytest.mark.parametrize("door", sorted(GUARDED_FOR_SLOTS))
def test_our_plugin_stands_before_each_door_to_a_reservation_of_slots(door: str) -> None:
    assert getattr(SpotInstancePlugin, door) is not getattr(VirtualInstancePlugin, door)


def test_reservations_of_flavors_go_through_the_same_doors() -> None:
    upstream = pathlib.Path(inspect.getfile(FlavorPlugin)).read_text()
    starts = [node for node in ast.walk(ast.parse(upstream)) if getattr(node, "name", "") == "on_start"]
    assert [ast.unparse(node.body[0]) for node in starts] == ["self._instance_plugin.on_start(resource_id)"]
    assert FlavorPlugin.__init__ is not SpotFlavorPlugin.__init__


def test_our_plugins_do_not_call_it_themselves() -> None:
    root = pathlib.Path(blazar.__file__).parent
    assert "on_start" in set(callers((root / "plugins/oshosts/host_plugin.py").read_text()))
    ours = pathlib.Path(__file__).parents[3] / "blazar_spot" / "plugins"
    assert [path.name for path in ours.glob("*.py") if set(callers(path.read_text()))] == []
