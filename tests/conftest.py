# SPDX-License-Identifier: Apache-2.0
"""What holds for every test: how hard hypothesis looks.

A slow machine is no failure, so no example has a deadline. CI looks at the same examples each time;
``make nightly`` looks at many new ones.
"""

import os

from hypothesis import settings

settings.register_profile("check", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.register_profile("nightly", deadline=None, max_examples=5000, print_blob=True)
settings.load_profile("check")
