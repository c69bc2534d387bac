# SPDX-License-Identifier: Apache-2.0
"""What holds for every test: how hard hypothesis looks.

A slow machine is no failure, so no example has a deadline. CI looks at the same examples each time;
``make nightly`` looks at many new ones, and at few where it breaks core on purpose, thousands of times.
"""

import os

from hypothesis import Phase, settings

settings.register_profile("check", deadline=None, derandomize="CI" in os.environ, print_blob=True)
settings.register_profile("nightly", deadline=None, max_examples=2000, print_blob=True)
settings.register_profile(
    "mutants", deadline=None, derandomize=True, max_examples=50, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("check")
