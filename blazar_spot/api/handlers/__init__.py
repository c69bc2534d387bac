# SPDX-License-Identifier: Apache-2.0
"""One resource of the API a file. A handler translates, and leaves everything else to the use case it was given."""
