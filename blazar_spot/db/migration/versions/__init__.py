# SPDX-License-Identifier: Apache-2.0
"""One module a schema version, each naming the one before it. A released one is never changed."""
