# SPDX-License-Identifier: Apache-2.0
"""``make bench``."""

import sys

from bench import api, commands, engine, planner, webhooks

if __name__ == "__main__":
    sys.exit(max(planner.main(), engine.main(), api.main(), webhooks.main(), commands.main()))
