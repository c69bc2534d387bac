# SPDX-License-Identifier: Apache-2.0
"""`python -m blazar_spot.devcloud` is `blazar-spot-devcloud`."""

import sys

from blazar_spot.devcloud.cli import main

sys.exit(main())
