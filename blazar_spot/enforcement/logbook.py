# SPDX-License-Identifier: Apache-2.0
"""Lines of the log that are about an incident say its id first, so that all that was done for one can be found.

The id is the one that holders read in their notices and that the API, channels and webhooks tell. It is in the line's
own text, so it is there however the log is formatted, and it never is a secret.
"""

import logging
from collections.abc import MutableMapping
from typing import Any


def about(log: logging.Logger, incident: str) -> "logging.Logger | About":
    """The log for lines about this incident; the same log if there is none."""
    return About(log, {"incident": incident}) if incident else log


class About(logging.LoggerAdapter[logging.Logger]):
    """Puts the id first."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        return f"[incident: {(self.extra or {})['incident']}] {msg}", kwargs
