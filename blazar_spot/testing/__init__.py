# SPDX-License-Identifier: Apache-2.0
"""Fakes of the ports, for our tests and for those of others.

A fake behaves as its port's docstrings say: the same contract tests run against it and against the real adapter. What
a test may look at or break besides is named on each fake. Production code never imports this room.
"""
