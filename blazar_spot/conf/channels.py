# SPDX-License-Identifier: Apache-2.0
"""[channels]: by which ways news of notices goes out, besides what guests read."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "channels",
    title="Channels of notices",
    help="""
Every guest reads its notice from its own metadata. Channels tell others as well, each time that a notice is decided,
moved to later, withdrawn or over. What is to be told is written down together with the decision and sent until the
channel has taken it, for a day at most; so a receiver may be told twice, with the same id.
""",
)

OPTIONS: list[cfg.Opt] = [
    cfg.ListOpt(
        "enabled",
        default=[],
        help="""
The names of the channels that are used. There are messaging: versioned notifications on a message bus, see
[messaging]; and webhooks: URLs that projects register, see [webhooks].
Other packages may bring more, as entry points of blazar_spot.notice.
""",
    ),
]
