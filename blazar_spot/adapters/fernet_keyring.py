# SPDX-License-Identifier: Apache-2.0
"""``ports.keyring.Keyring`` with Fernet keys: the first one seals, all of them open."""

import base64
import secrets
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from blazar_spot.core.errors import NoKey, Permanent

SECRET_BYTES = 32
PREFIX = "whsec_"
"""What Standard Webhooks lets a secret begin with, so that it is known for one wherever it turns up."""


class FernetKeyring:
    """Sealed text can be read by whoever has one of the keys, and by nobody else."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys:
            raise Permanent("webhooks need encryption_keys in [webhooks]")
        try:
            self._keys = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise Permanent("encryption_keys in [webhooks] are 32 bytes each, in base64 for URLs") from error

    def fresh(self) -> str:
        return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()

    def sealed(self, secret: str) -> str:
        return self._keys.encrypt(secret.encode()).decode()

    def opened(self, sealed: str) -> str:
        try:
            return self._keys.decrypt(sealed.encode()).decode()
        except InvalidToken as error:
            raise NoKey("A webhook's secret was sealed with none of the encryption_keys in [webhooks].") from error
