# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot plan``: what would be decided for a snapshot of a cloud, without touching one.

Reads and prints the format of the documentation's page on the planner. Exit status: 0 decided, and an infeasible
request is a decision too; 2 the input is no snapshot. It starts light: no library is imported for the usual case.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from blazar_spot.core.costs import BUILT_IN, CostFunction, with_costs
from blazar_spot.core.errors import Permanent, SpotError
from blazar_spot.core.planner import plan
from blazar_spot.core.snapshot import plan_as_json, read

PROGRAM = "blazar-spot"
NAMESPACE = "blazar_spot.cost"


class UnknownCost(Permanent):
    """No cost function has this name."""

    code = "unknown_cost"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    asked = parser().parse_args(arguments)
    try:
        with uncollected():
            return decide(asked)
    except SpotError as error:
        sentence = str(error)
    except OSError as error:
        sentence = f"The answer cannot be written: {error.strerror}."
    # Names in the input may hold anything; the answer stays one line of plain characters.
    print(f"{PROGRAM}: {' '.join(sentence.split()).encode('ascii', 'backslashreplace').decode()}", file=sys.stderr)
    return 2


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog=PROGRAM, description="Spot instances on reservable hosts.")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("plan", help="decide on a snapshot: which hosts, which victims, when")
    command.add_argument("file", metavar="FILE", help="the snapshot, or - for the standard input")
    command.add_argument(
        "--cost", metavar="NAME", help=f"compute the costs anew: {', '.join(BUILT_IN)}, or an installed one"
    )
    command.add_argument("--explain", action="store_true", help="say why, on the standard error output")
    return top


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no cyclic garbage: one decision makes none, and looking takes up to a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def decide(asked: argparse.Namespace) -> int:
    """Read, plan, print."""
    snapshot, request = read(content(asked.file))
    if asked.cost is not None:
        snapshot = with_costs(snapshot, cost_function(asked.cost))
    began = time.process_time()
    decision = plan(snapshot, request)
    took = time.process_time() - began
    answer = plan_as_json(decision) | {"timing": {"plan_ms": round(took * 1000, 3)}}
    print(json.dumps(answer))
    if asked.explain:
        from blazar_spot.core.planner.reasons import explain, table

        for line in table(explain(snapshot, request, decision)):
            print(line, file=sys.stderr)
    return 0


def content(file: str) -> bytes:
    """What the file or the standard input holds."""
    try:
        if file != "-":
            with open(file, "rb") as stream:
                return stream.read()
        if sys.stdin is not None:
            return sys.stdin.buffer.read()
    except OSError as error:
        raise Permanent(f"{file} cannot be read: {error.strerror}.") from error
    raise Permanent("The standard input is closed.")


def cost_function(name: str) -> CostFunction:
    """The cost function of that name; only one that is not built in has to be looked for."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    from stevedore import driver
    from stevedore.exception import NoMatches

    try:
        found: CostFunction = driver.DriverManager(NAMESPACE, name, warn_on_missing_entrypoint=False).driver
    except NoMatches:
        raise UnknownCost(f"--cost {name!a} is not known; built in are {', '.join(BUILT_IN)}.") from None
    return found


if __name__ == "__main__":
    sys.exit(main())
