# SPDX-License-Identifier: Apache-2.0
"""What the templates of this room need and Django does not have."""
