# SPDX-License-Identifier: Apache-2.0
"""What a network service with nothing in it says."""

import pytest

from blazar_spot.devcloud.network_stand_in import nothing


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v2.0/ports?device_id=1", "ports"),
        ("/v2.0/security-groups", "security_groups"),
        ("/v2.0/extensions.json", "extensions"),
        ("/v2.0/floatingips/", "floatingips"),
        ("/", "versions"),
    ],
)
def test_every_collection_is_empty_under_its_own_name(path: str, name: str) -> None:
    assert nothing(path) == {name: []}


def test_a_project_has_a_quota_without_limits() -> None:
    assert nothing("/v2.0/quotas/1f0c.json") == {"quota": {}}
