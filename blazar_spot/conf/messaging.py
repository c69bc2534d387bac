# SPDX-License-Identifier: Apache-2.0
"""[messaging]: the message bus on which the channel of that name speaks."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "messaging",
    title="The channel messaging",
    help="""
Versioned notifications spot.notice.scheduled, spot.notice.rescheduled, spot.notice.acknowledged, spot.notice.withdrawn
and spot.notice.terminated. The queue is made when the first message is sent, and keeps messages until somebody reads
them: enable the channel when there is a reader. Where queues are durable or quorum queues, say so in
[oslo_messaging_rabbit].
""",
)

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "transport_url",
        default="",
        secret=True,
        help="The message bus, for example rabbit://user:password@host:5672/. The channel needs it.",
    ),
    cfg.StrOpt("exchange", default="blazar-spot", help="The exchange on which is spoken."),
    cfg.StrOpt("topic", default="spot_notifications", help="The topic on which is spoken."),
]
