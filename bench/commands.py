# SPDX-License-Identifier: Apache-2.0
"""What asking a command for help costs, of a processor's time; beside it what starting Python alone does.

``openstack`` loads all commands that there are, whichever is typed: what ours add to each of its starts.
"""

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

LIMIT_SECONDS = 0.5
TIMES = 3
PLUGIN_LIMIT_SECONDS = 0.05
PLUGIN = """
import importlib, time
from importlib.metadata import entry_points
import openstackclient.shell, blazarclient.osc.plugin, blazarclient.v1.shell_commands.leases
known = entry_points()
commands = [one for group in known.groups if group.startswith("openstack.") for one in known.select(group=group)]
ours = {one.module for one in commands if one.module.startswith("blazar_spot.")}
before = time.process_time()
for module in ours:
    importlib.import_module(module)
print(time.process_time() - before)
"""
"""A program that has imported what others bring, and prints what it takes to import our commands."""


def main() -> int:
    """Print the table; 1 if a bound is not held."""
    print(f"\ncommands: --help, seconds of CPU (limit {LIMIT_SECONDS})")
    idle = _least(sys.executable, "-c", "pass")
    print(f"{'python alone':24}{idle:8.2f}")
    scripts = sorted(one.name for one in entry_points(group="console_scripts") if one.value.startswith("blazar_spot."))
    costs = {name: _least(str(Path(sys.executable).with_name(name)), "--help") for name in scripts}
    for name, cost in costs.items():
        print(f"{name:24}{cost:8.2f}")
    plugin = min(float(subprocess.check_output([sys.executable, "-c", PLUGIN])) for _ in range(TIMES))
    print(f"{'openstack, our part':24}{plugin:8.2f} (limit {PLUGIN_LIMIT_SECONDS})")
    return int(max(costs.values()) > LIMIT_SECONDS or plugin > PLUGIN_LIMIT_SECONDS)


def _least(program: str, *arguments: str) -> float:
    return min(_cost(program, *arguments) for _ in range(TIMES))


def _cost(program: str, *arguments: str) -> float:
    silence = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawn(program, [program, *arguments], dict(os.environ), file_actions=silence)
    _, status, used = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"{program} failed")
    return used.ru_utime + used.ru_stime
