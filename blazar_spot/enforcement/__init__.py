# SPDX-License-Identifier: Apache-2.0
"""The shell: one use case a file, each of them observe, decide, act, record.

It talks to ports only, calls the rules in ``core`` for every decision, and is the only room that logs. Start reading
at ``engine``.
"""
