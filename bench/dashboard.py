# SPDX-License-Identifier: Apache-2.0
"""``python -m bench.dashboard``: CPU time of Horizon's pages over 2,000 hosts and 20,000 instances, the API's included.

A test has the cloud and turns the pages, and fails if one costs more questions or rows than a page may; here its
readings are shown. Each page has fifty rows. Most of the time is Horizon's, which in tests reads its templates anew.
"""

import subprocess
import sys


def main() -> int:
    """Print the readings; 1 if a page cost too much."""
    print("\nHorizon's pages of a large cloud: the tab, its CPU time, and the queries to the database", flush=True)
    pytest = (sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider")
    return int(subprocess.run((*pytest, "tests/dashboard/test_scale.py"), check=False).returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
