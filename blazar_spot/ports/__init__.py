# SPDX-License-Identifier: Apache-2.0
"""What the shell needs from the world, as shapes.

Each docstring is the contract: the fakes in ``testing`` and the adapters are held to it by the same contract tests.
Nothing here does anything.
"""
