# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-manage retire``: the cloud as if blazar_spot had never been in it.

Without ``--yes`` nothing is changed. Each step is told when it is done; what is left is named, and the next run goes
on with it.
"""

import sys

from oslo_config import cfg

from blazar_spot import wiring
from blazar_spot.core.errors import NotNow
from blazar_spot.enforcement.retirement import Outcome, Retirement


def retire(conf: cfg.ConfigOpts) -> str:
    """Do it, or tell what would be done; raises ``NotNow`` if anything is left."""
    retirement = wiring.build(conf).retirement
    objections = retirement.objections()
    for objection in objections:
        print(f"{objection}.", file=sys.stderr)
    if not conf.command.yes:
        return _plan(retirement)
    if objections and not conf.command.force:
        raise NotNow("nothing was done; --force does it all the same")
    return _run(retirement)


def _plan(retirement: Retirement) -> str:
    """What would be done."""
    steps = list(retirement.steps())
    for step in steps:
        print(_told(step) if isinstance(step, Outcome) else f"Would: {step.what}")
    return "Nothing was done; --yes does it." if steps else "There is nothing to do."


def _run(retirement: Retirement) -> str:
    left = 0
    for outcome in retirement.run():
        print(_told(outcome), flush=True)
        left += bool(outcome.left)
    if left:
        raise NotNow(f"{left} steps are left; run it again later")
    return "Nothing of blazar_spot is left in the cloud."


def _told(outcome: Outcome) -> str:
    return f"LEFT: {outcome.what}: {outcome.left}" if outcome.left else f"Done: {outcome.what}"
