# SPDX-License-Identifier: Apache-2.0
"""[metrics]: figures for Prometheus."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "metrics",
    title="Metrics",
    help="""
Figures in the format of Prometheus. What is worked out from the database is the same whichever engine is asked; ticks
and requests are those of the process that is asked. Whoever can reach them can read them, so both are off by default.
""",
)

OPTIONS: list[cfg.Opt] = [
    cfg.PortOpt(
        "port",
        default=0,
        help="The port on which each engine answers GET /metrics. 0, the default, switches it off.",
    ),
    cfg.HostAddressOpt(
        "address",
        default="127.0.0.1",
        help="The address on which it does: one that Prometheus reaches, and the world does not.",
    ),
    cfg.StrOpt(
        "api_path",
        default="",
        regex=r"^(/[A-Za-z0-9_./-]+)?$",
        help="""
The path at which the API answers with the figures of its requests, without a token, for example /metrics; keep it from
the world in the proxy before it. Empty, the default, switches it off. Where a WSGI server runs several processes, name
an empty directory in the environment variable PROMETHEUS_MULTIPROC_DIR: they add their figures up there.
""",
    ),
]
