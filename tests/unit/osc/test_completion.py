# SPDX-License-Identifier: Apache-2.0
"""openstack complete, whose output a shell reads to complete words."""

import re
from importlib.metadata import entry_points

from tests.unit.osc.shell import GROUPS, Shell


def test_a_shell_completes_all_our_commands_and_their_options(shell: Shell) -> None:
    assert shell.type("complete") == 0
    words = dict(re.findall(r"^  cmds_(\w+)='([^']*)'$", shell.printed, re.MULTILINE))
    assert {one.name for one in entry_points(group=GROUPS[0])} <= words.keys()
    assert words["spot_webhook_secret"] == "rotate"
    assert words["spot_pool"].split() == ["close", "drain", "list", "open", "show"]
    assert {"--notice", "--evict", "--dry-run", "--reason"} <= set(words["spot_instance_interrupt"].split())
