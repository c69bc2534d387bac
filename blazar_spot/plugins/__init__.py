# SPDX-License-Identifier: Apache-2.0
"""What runs inside blazar-manager: the only room that imports blazar.

Thin: requests are turned into our own words, put to enforcement, and the answers turned into Blazar's rows and
errors. Start at ``hosts``; Blazar's own tables are read in ``calendar`` alone.
"""
