# SPDX-License-Identifier: Apache-2.0
"""[api]: the REST API."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "api",
    title="The REST API",
    help="""
The API runs under any WSGI server, as blazar_spot.wsgi:application. Whose tokens are taken is said in
[keystone_authtoken], who may do what in the policy file of [oslo_policy], and what proxies and browsers may do in
[oslo_middleware] and [cors].
""",
)

OPTIONS: list[cfg.Opt] = [
    cfg.IntOpt(
        "waiting_at_once",
        default=8,
        min=0,
        max=1000,
        help="""
How many requests may wait for a change at once (wait= in GET /v1/events), in each process of the API. Each occupies a
thread of the WSGI server while it waits: keep this below the number of its threads. Those that are too many get 503
with code too_many_wait and may try again. 0 switches waiting off.
""",
    ),
]
