# SPDX-License-Identifier: Apache-2.0
"""What OpenStackClient asks a plugin for. It is loaded with each of its commands: imports are put off."""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blazar_spot.client import Client

API_NAME = "spot"
API_VERSION_OPTION = "os_spot_api_version"
API_VERSIONS = ("1",)
DEFAULT_API_VERSION = "1"


def make_client(manager: Any) -> "Client":
    """For ``client_manager.spot``; an address in the configuration of the cloud counts more than the catalog's."""
    from blazar_spot.client import Client

    return Client(
        manager.session,
        region_name=manager.region_name,
        interface=manager.interface,
        endpoint_override=manager.get_configuration().get("spot_endpoint_override"),
    )


def build_option_parser(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The options that each plugin adds to all commands."""
    parser.add_argument(
        "--os-spot-api-version",
        metavar="<spot-api-version>",
        help=f"Spot API version, default={DEFAULT_API_VERSION} (Env: OS_SPOT_API_VERSION)",
    )
    return parser
