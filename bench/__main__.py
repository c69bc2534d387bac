# SPDX-License-Identifier: Apache-2.0
"""``make bench``."""

import sys

from bench import api, commands, dashboard, engine, planner, webhooks

if __name__ == "__main__":
    parts = (planner, engine, api, webhooks, commands, dashboard)
    sys.exit(max(part.main() for part in parts))
