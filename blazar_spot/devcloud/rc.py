# SPDX-License-Identifier: Apache-2.0
"""How people reach the cloud with their usual tools: an openrc for a shell, a clouds.yaml for clients."""

import json

from blazar_spot.devcloud.accounts import PEOPLE, credentials
from blazar_spot.devcloud.site import PASSWORD, REGION, Site

USERS = ("admin", *PEOPLE)


def environment(site: Site, user: str) -> dict[str, str]:
    """The OS_* variables of this user."""
    known = {f"OS_{name.upper()}": value for name, value in credentials(site, user).items()}
    return {**known, "OS_REGION_NAME": REGION, "OS_IDENTITY_API_VERSION": "3", "OS_INTERFACE": "public"}


def openrc(site: Site, user: str) -> str:
    """A text to be read by a shell."""
    return "\n".join(f"export {name}={value}" for name, value in environment(site, user).items())


def login(site: Site) -> str:
    """Where Horizon is, and who may log in."""
    return f"{site.url('horizon')}/  as {' or '.join(USERS)}, with the password {PASSWORD}"


def write_rc_files(site: Site) -> None:
    """Write clouds.yaml (clouds named after the users) and one openrc for each user."""
    clouds = {user: {"auth": credentials(site, user), "region_name": REGION, "interface": "public"} for user in USERS}
    # JSON is YAML, and needs no library.
    (site.root / "clouds.yaml").write_text(json.dumps({"clouds": clouds}, indent=2) + "\n")
    for user in USERS:
        (site.root / f"openrc-{user}").write_text(openrc(site, user) + "\n")
