# SPDX-License-Identifier: Apache-2.0
"""[service_auth]: as whom we talk to Nova and Placement, and where they are.

The account needs the admin role, as Blazar's own has. Credentials and TLS settings are keystoneauth's own options,
which depend on ``auth_type``; see its documentation for all of them.
"""

from copy import deepcopy

from keystoneauth1 import loading
from keystoneauth1.exceptions import AuthPluginException
from keystoneauth1.session import Session
from oslo_config import cfg

GROUP = cfg.OptGroup(
    "service_auth",
    title="Our own account",
    help="""
The account with which blazar-spot talks to Nova and Placement. It needs the admin role, as Blazar's own account does.
""",
)

KEYSTONE_SECONDS = 60.0
"""How long to wait for an answer, a token from Keystone included, if ``timeout`` does not say."""

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "region_name",
        help="""
The region whose Nova and Placement are used. It has to be set if the service catalog has more than one region.
""",
    ),
    cfg.StrOpt(
        "interface",
        default="public",
        choices=["public", "internal", "admin"],
        help="Which of a service's endpoints in the service catalog is used.",
    ),
]


def register(conf: cfg.ConfigOpts) -> None:
    """Declare the options; those of the chosen ``auth_type`` follow when a session is made."""
    conf.register_group(deepcopy(GROUP))
    conf.register_opts(OPTIONS, group=GROUP.name)
    loading.register_auth_conf_options(conf, GROUP.name)
    loading.register_session_conf_options(conf, GROUP.name)


def all_options() -> list[cfg.Opt]:
    """What the sample shows: ours, keystoneauth's, and those of the usual auth_type, password."""
    ours = OPTIONS + loading.get_session_conf_options() + loading.get_auth_common_conf_options()
    return ours + loading.get_auth_plugin_conf_options("password")


def session_of(conf: cfg.ConfigOpts) -> Session:
    """A session for the configured account; nothing is sent before it is used."""
    try:
        auth = loading.load_auth_from_conf_options(conf, GROUP.name)
    except AuthPluginException as error:
        raise cfg.Error(f"[{GROUP.name}] does not describe an account: {error}") from error
    if auth is None:
        raise cfg.RequiredOptError("auth_type", GROUP)
    session = loading.load_session_from_conf_options(conf, GROUP.name, auth=auth)
    session.timeout = session.timeout or KEYSTONE_SECONDS
    return session
