# SPDX-License-Identifier: Apache-2.0
"""Secrets, and how they are kept where others may read."""

from typing import Protocol


class Keyring(Protocol):
    """Makes, seals and opens secrets. It is used by many threads at once."""

    def fresh(self) -> str:
        """A secret that nobody has ever had, as its owner is shown it."""

    def sealed(self, secret: str) -> str:
        """The secret as it may be stored."""

    def opened(self, sealed: str) -> str:
        """The secret itself; ``NoKey`` if it was sealed with a key that is not ours any more."""
