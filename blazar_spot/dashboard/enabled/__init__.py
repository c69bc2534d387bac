# SPDX-License-Identifier: Apache-2.0
"""Files for Horizon's local/enabled, after those of blazar-dashboard."""
