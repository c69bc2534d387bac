# SPDX-License-Identifier: Apache-2.0
"""How fast the planner is, and how its time grows: ``make bench`` prints it.

``worlds`` makes the clusters and the questions, ``__main__`` asks and measures.
"""
