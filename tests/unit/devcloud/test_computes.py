# SPDX-License-Identifier: Apache-2.0
"""A compute that is forked behaves as its configuration says, though Nova was loaded before it was one."""

import subprocess
import sys
from pathlib import Path

LOADS = """
import sys
from pathlib import Path
from blazar_spot.devcloud import computes
computes.load(Path(sys.argv[1]))
from nova.compute.manager import ComputeManager
from nova.conf import CONF
CONF(["--config-file", sys.argv[1]], project="nova")
print(ComputeManager._periodic_spacing["_cleanup_running_deleted_instances"], CONF.host)
"""


def test_a_compute_does_as_often_as_it_is_configured_what_it_does_now_and_then(tmp_path: Path) -> None:
    conf = tmp_path / "nova.conf"
    conf.write_text("[DEFAULT]\nhost = host01\nrunning_deleted_instance_poll_interval = 7\n")
    done = subprocess.run(
        [sys.executable, "-c", LOADS, str(conf)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout.split() == ["7", "host01"], done.stderr
