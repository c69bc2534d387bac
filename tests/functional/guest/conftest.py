# SPDX-License-Identifier: Apache-2.0
"""The cloud of the API's tests once more, for itself: what is played here ends the notice that they look at."""

from tests.functional.api.conftest import cloud, cloud_options, connections, event, guest, people, stage

__all__ = ["cloud", "cloud_options", "connections", "event", "guest", "people", "stage"]
