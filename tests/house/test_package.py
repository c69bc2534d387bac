# SPDX-License-Identifier: Apache-2.0
"""What installing us brings along, and where our entry points lead."""

import ast
import importlib.metadata
import inspect
import pathlib
import re
import subprocess
import sys
import sysconfig

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

INSTALLED = sysconfig.get_path("purelib")
(OURS,) = importlib.metadata.distributions(name="blazar_spot", path=[INSTALLED])
"""As installed: a build may have left an older description in the source tree."""
UPSTREAM = importlib.metadata.distribution("blazar")


def brought_along(name: str, extras: frozenset[str] = frozenset()) -> set[tuple[str, frozenset[str]]]:
    """Every distribution that this one needs, however far away, with the extras asked of it."""
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [(name, extras)]
    while todo:
        wanted = todo.pop()
        if wanted in seen:
            continue
        seen.add(wanted)
        todo += needed_by(*wanted)
    return seen


def needed_by(name: str, extras: frozenset[str]) -> list[tuple[str, frozenset[str]]]:
    """The direct requirements that apply here."""
    wishes = [Requirement(line) for line in importlib.metadata.requires(name) or []]
    tags = extras | {""}
    return [
        (canonicalize_name(wish.name), frozenset(wish.extras))
        for wish in wishes
        if wish.marker is None or any(wish.marker.evaluate({"extra": tag}) for tag in tags)
    ]


def names(found: set[tuple[str, frozenset[str]]]) -> set[str]:
    """Without the extras."""
    return {name for name, _ in found}


def test_the_engine_alone_brings_along_no_other_service() -> None:
    assert names(brought_along("blazar-spot")) & {"blazar", "horizon", "nova", "openstack-placement"} == set()


def test_the_dev_cloud_brings_along_the_services() -> None:
    found = names(brought_along("blazar-spot", frozenset({"devcloud"})))
    assert {"blazar", "keystone", "nova", "openstack-placement"} <= found


def test_constraints_fix_whatever_any_extra_asks_for(root: pathlib.Path) -> None:
    lines = (root / "constraints.txt").read_text().splitlines()
    fixed = {canonicalize_name(line.split("==")[0]) for line in lines if "==" in line}
    asked = {canonicalize_name(Requirement(line).name) for line in OURS.requires or []}
    assert {"blazar", "horizon", "pytest", "sqlalchemy"} <= asked
    assert asked - fixed == set()


def test_constraints_name_no_place_to_download_from(root: pathlib.Path) -> None:
    assert re.findall(r"^.*(?:://|--|@).*$", (root / "constraints.txt").read_text(), re.MULTILINE) == []


def test_every_library_we_import_is_one_we_ask_for(root: pathlib.Path) -> None:
    homes = importlib.metadata.packages_distributions()
    asked = {canonicalize_name(Requirement(line).name) for line in OURS.requires or []}
    strangers = {
        (name, str(path.relative_to(root)))
        for path in (root / "blazar_spot").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in outside(node)
        if not asked & {canonicalize_name(home) for home in homes.get(name, [])}
    }
    assert strangers == set()


def outside(node: ast.AST) -> set[str]:
    """What one statement imports that is neither ours nor Python's."""
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"blazar_spot"}


@pytest.mark.parametrize("entry", OURS.entry_points, ids=lambda entry: f"{entry.group}:{entry.name}")
def test_every_entry_point_leads_somewhere(entry: importlib.metadata.EntryPoint) -> None:
    found = entry.load()
    assert callable(found) or inspect.ismodule(found)


def test_blazars_api_serves_our_hosts_as_upstreams() -> None:
    (ours,) = OURS.entry_points.select(group="blazar.api.v1.extensions")
    (theirs,) = UPSTREAM.entry_points.select(group="blazar.api.v1.extensions", name="physical.host.plugin")
    assert (ours.name, ours.value) == ("spot.host.plugin", theirs.value)


SCRIPTS = sorted(entry.name for entry in OURS.entry_points.select(group="console_scripts"))
HEAVY = {"alembic", "falcon", "jsonschema", "keystoneauth1", "openstack", "oslo_messaging", "requests", "sqlalchemy"}


@pytest.mark.parametrize("script", SCRIPTS)
def test_whoever_asks_a_command_for_help_does_not_wait_for_what_only_its_work_needs(script: str) -> None:
    program = pathlib.Path(sys.executable).with_name(script)
    asked = [sys.executable, "-X", "importtime", program, "--help"]
    done = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60)
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "argparse" in loaded
    assert not loaded & HEAVY
