#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Print user data by which cloud-init installs spot-watch, its unit and hooks, without downloading anything.

    python3 guest/user_data.py examples/hooks/slurm > user-data
    openstack server create --user-data user-data ...

It is cloud-config in JSON, which is YAML. Put no secret into it: every process of a guest may read its user data.
"""

import argparse
import base64
import gzip
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
LARGEST = 65535
"""What Nova takes, in base64."""


def packed(path: str, content: bytes, permissions: str) -> dict[str, str]:
    """One file. The same content always gives the same text."""
    text = base64.b64encode(gzip.compress(content, mtime=0)).decode()
    return {"path": path, "permissions": permissions, "encoding": "gz+b64", "content": text}


def cloud_config(hooks: list[Path], options: str) -> dict[str, Any]:
    """What cloud-init has to do on the first boot."""
    environment = f"SPOT_WATCH_OPTIONS={options}\n"
    files = [
        packed("/usr/local/sbin/spot-watch", (HERE / "spot_watch.py").read_bytes(), "0755"),
        packed("/etc/systemd/system/spot-watch.service", (HERE / "spot-watch.service").read_bytes(), "0644"),
        packed("/etc/spot-watch/environment", environment.encode(), "0600"),
        *(packed(f"/etc/spot-watch/hooks.d/{hook.name}", hook.read_bytes(), "0755") for hook in hooks),
    ]
    commands = [["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", "spot-watch.service"]]
    return {"write_files": files, "runcmd": commands}


def main() -> int:
    parser = argparse.ArgumentParser(description="Print user data by which cloud-init installs spot-watch.")
    parser.add_argument("hooks", metavar="HOOK", type=Path, nargs="*", help="a program to run at each piece of news")
    parser.add_argument("--options", default="", help='options for spot-watch, as in --options="--imminent 120"')
    words = parser.parse_args()
    text = f"#cloud-config\n{json.dumps(cloud_config(words.hooks, words.options), indent=1)}\n"
    if len(base64.b64encode(text.encode())) > LARGEST:
        parser.error("these hooks make more than Nova takes as user data: put them into the image")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
