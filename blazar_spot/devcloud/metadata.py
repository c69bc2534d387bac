# SPDX-License-Identifier: Apache-2.0
"""The metadata service as a guest sees it.

A guest's request reaches Nova through Neutron's proxy, which says in signed headers whose it is. There is
no Neutron here, so this room signs. Nova itself cannot tell the difference.
"""

import hashlib
import hmac
import json
import urllib.request
from typing import Any

from blazar_spot.devcloud.site import PASSWORD, Site


def read_metadata(site: Site, server_id: str, project_id: str, document: str = "meta_data.json") -> dict[str, Any]:
    """The server's meta_data.json, or another document."""
    request = urllib.request.Request(
        f"{site.url('nova-metadata')}/openstack/latest/{document}",
        headers={
            "X-Instance-ID": server_id,
            "X-Tenant-ID": project_id,
            "X-Instance-ID-Signature": hmac.new(PASSWORD.encode(), server_id.encode(), hashlib.sha256).hexdigest(),
            "X-Forwarded-For": "169.254.169.254",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        answer: dict[str, Any] = json.load(response)
    return answer
