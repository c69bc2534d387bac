# SPDX-License-Identifier: Apache-2.0
"""``make bench``."""

import sys

from bench.planner import main

if __name__ == "__main__":
    sys.exit(main())
