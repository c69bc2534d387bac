# SPDX-License-Identifier: Apache-2.0
"""Secrets at rest."""

import pytest
from standardwebhooks import Webhook

from blazar_spot.adapters.fernet_keyring import PREFIX, FernetKeyring
from blazar_spot.core.errors import NoKey, Permanent

KEY = "mi9ZfzTBnpQZk0-VtWjw2ErJ9Sq0QqcJsTeFZ7p6lK8="
NEWER = "gCbLx9kHLCkrl6_J6ZVYzZhvaQ2jF8YcZ3pbGkn0wZM="


def test_a_secret_is_what_standard_webhooks_takes_and_never_the_same() -> None:
    keyring = FernetKeyring([KEY])
    secrets = {keyring.fresh() for _ in range(100)}
    assert len(secrets) == 100
    assert all(secret.startswith(PREFIX) and Webhook(secret) for secret in secrets)


def test_what_is_stored_does_not_show_the_secret_and_can_be_opened() -> None:
    keyring = FernetKeyring([KEY])
    secret = keyring.fresh()
    sealed = keyring.sealed(secret)
    assert secret.removeprefix(PREFIX) not in sealed
    assert keyring.opened(sealed) == secret
    assert keyring.sealed(secret) != sealed


def test_keys_are_rotated_by_putting_a_new_one_in_front() -> None:
    secret, old, both = "whsec_x", FernetKeyring([KEY]), FernetKeyring([NEWER, KEY])
    assert both.opened(old.sealed(secret)) == secret
    assert FernetKeyring([NEWER]).opened(both.sealed(both.opened(old.sealed(secret)))) == secret
    with pytest.raises(NoKey):
        old.opened(both.sealed(secret))


@pytest.mark.parametrize("keys", [[], ["short"], [KEY, ""], ["mi9ZfzTBnpQZk0+VtWjw2ErJ9Sq0QqcJsTeFZ7p6lK8"]])
def test_keys_that_are_none_are_refused_at_the_start(keys: list[str]) -> None:
    with pytest.raises(Permanent, match="encryption_keys"):
        FernetKeyring(keys)
