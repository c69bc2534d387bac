# SPDX-License-Identifier: Apache-2.0
"""Examinations: what an operator would look at if something does not work, all of it, without changing anything.

One module for each part, one function in it for each check. A check yields findings, each with its fix in one
sentence; what it cannot look at it may raise. A new check is a function and one more line in ``checkup``.
"""
