# SPDX-License-Identifier: Apache-2.0
"""What was seen of the story."""

from dataclasses import dataclass
from typing import Any

from blazar_spot.demo.record import Record


@dataclass(frozen=True)
class Told:
    """The whole story, and what one of its guests read in vendor_data2.json."""

    record: Record
    vendordata: dict[str, Any]
