# SPDX-License-Identifier: Apache-2.0
"""The ports, spoken in the words of one product each.

An adapter decides nothing: it asks, does what it is told once, and turns every error of a library into one of
``core.errors`` (see ``failures``). Contract tests hold each of them to its port, and to the same behaviour as its fake.
"""
