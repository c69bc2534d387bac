# SPDX-License-Identifier: Apache-2.0
"""What was seen of the story."""

from dataclasses import dataclass
from typing import Any

from blazar_spot.demo.record import Record


@dataclass(frozen=True)
class Told:
    """The whole story, what one of its guests read in vendor_data2.json, the id of the request that acknowledged it,
    and the secret of a webhook that was to be told."""

    record: Record
    vendordata: dict[str, Any]
    request_id: str
    secret: str
