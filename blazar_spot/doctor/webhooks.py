# SPDX-License-Identifier: Apache-2.0
"""Whether the messages to webhooks can be signed, and whether anybody carries them."""

from collections.abc import Iterable, Iterator

from blazar_spot.core.errors import NoKey, Permanent
from blazar_spot.core.findings import Finding, bad, ok, some
from blazar_spot.doctor.patient import Patient
from blazar_spot.ports.keyring import Keyring

CHANNEL = "webhooks"


def secrets(patient: Patient) -> Iterator[Finding]:
    with patient.store.begin() as work:
        webhooks = work.webhooks()
    is_enabled = CHANNEL in patient.channels
    if not webhooks and not is_enabled:
        yield ok("There are no webhooks, and the channel is not enabled.")
        return
    if not is_enabled:
        yield bad(
            f"Nobody tells the {len(webhooks)} webhooks anything: the channel is not enabled.",
            "Add webhooks to enabled in [channels], and restart the engines.",
        )
    try:
        keyring = patient.keyring()
    except Permanent as error:
        yield bad(f"{str(error).rstrip('.')}.", "Set encryption_keys in [webhooks], the same here and for the API.")
        return
    now = patient.clock.now()
    locked = sorted(one.id for one in webhooks if not _opens(keyring, one.secrets_at(now)))
    if locked:
        yield bad(
            f"No key opens the secrets of webhooks: {some(locked)}.",
            "Put the key that was in use back into encryption_keys, behind the new one, and run webhooks reseal.",
        )
    elif is_enabled:
        yield ok(f"The secrets of all {len(webhooks)} webhooks can be read.")


def _opens(keyring: Keyring, secrets: Iterable[str]) -> bool:
    try:
        for sealed in secrets:
            keyring.opened(sealed)
    except NoKey:
        return False
    return True
