# SPDX-License-Identifier: Apache-2.0
"""The rules: pure values and pure functions, no clock, no I/O, no logging.

Every instant is a whole Unix second (UTC) and every duration a whole second, so that arithmetic is exact and a
decision can be replayed. Nothing here may import a library; the shell in ``enforcement`` calls these rules.
"""
