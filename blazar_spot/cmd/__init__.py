# SPDX-License-Identifier: Apache-2.0
"""The commands: each reads its arguments, has ``wiring`` build what it needs, runs it and tells how it went.

Errors that have a name end in one sentence and an exit status, not in a traceback.
"""
