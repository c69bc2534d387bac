# SPDX-License-Identifier: Apache-2.0
"""[service_auth]: as whom we talk to Nova and Placement, and where they are.

The account needs the admin role, as Blazar's own has. Credentials and TLS settings are keystoneauth's own options,
which depend on ``auth_type``; see its documentation for all of them. They are declared when an account is asked for:
whoever only asks a command for help does not wait for keystoneauth.
"""

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from oslo_config import cfg

if TYPE_CHECKING:
    from keystoneauth1.session import Session

GROUP = cfg.OptGroup(
    "service_auth",
    title="Our own account",
    help="""
The account with which blazar-spot talks to Nova and Placement. It needs the admin role, as Blazar's own account does.
""",
)

KEYSTONE_SECONDS = 60.0
"""How long to wait for an answer, a token from Keystone included, if ``timeout`` does not say."""

CONNECTIONS = 64
"""So many to one service are kept for the next time, which is more than are ever used at once."""

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
    """Declare our own options."""
    conf.register_group(deepcopy(GROUP))
    conf.register_opts(OPTIONS, group=GROUP.name)


def all_options() -> list[cfg.Opt]:
    """What the sample shows: ours, keystoneauth's, and those of the usual auth_type, password."""
    from keystoneauth1 import loading

    ours = OPTIONS + loading.get_session_conf_options() + loading.get_auth_common_conf_options()
    return ours + loading.get_auth_plugin_conf_options("password")


def has_account(conf: cfg.ConfigOpts) -> bool:
    """Whether an account is configured at all."""
    _loading(conf)
    return bool(conf.service_auth.auth_type)


def session_of(conf: cfg.ConfigOpts) -> "Session":
    """A session for the configured account; nothing is sent before it is used."""
    from keystoneauth1.exceptions import AuthPluginException

    loading = _loading(conf)
    try:
        auth = loading.load_auth_from_conf_options(conf, GROUP.name)
    except AuthPluginException as error:
        raise cfg.Error(f"[{GROUP.name}] does not describe an account: {error}") from error
    if auth is None:
        raise cfg.RequiredOptError("auth_type", GROUP)
    session: Session = loading.load_session_from_conf_options(conf, GROUP.name, auth=auth)
    session.timeout = session.timeout or KEYSTONE_SECONDS
    for adapter in session.session.adapters.values():
        adapter.init_poolmanager(CONNECTIONS, CONNECTIONS)  # type: ignore[attr-defined]
    return session


def _loading(conf: cfg.ConfigOpts) -> Any:
    """What loads accounts, with its options declared; those of the chosen ``auth_type`` it declares by itself."""
    from keystoneauth1 import loading

    loading.register_auth_conf_options(conf, GROUP.name)
    loading.register_session_conf_options(conf, GROUP.name)
    return loading
