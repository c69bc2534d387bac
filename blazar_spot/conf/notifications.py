# SPDX-License-Identifier: Apache-2.0
"""[notifications]: where Nova's notifications are heard, if they are."""

from oslo_config import cfg

GROUP = cfg.OptGroup(
    "notifications",
    title="Nova's notifications",
    help="""
Nova's versioned notifications let blazar-spot-engine look as soon as a spot instance has changed. They are hints and
nothing depends on them: without them, or while the message bus is down, the engine looks every tick_seconds. Nova
sends them with notification_format = versioned in [notifications] and driver = messagingv2 in
[oslo_messaging_notifications] of nova.conf. Where Nova's queues are durable or quorum queues, say the same here in
[oslo_messaging_rabbit].
""",
)

OPTIONS: list[cfg.Opt] = [
    cfg.StrOpt(
        "transport_url",
        default="",
        secret=True,
        help="""
The message bus on which Nova notifies, for example rabbit://user:password@host:5672/. If it is empty, the default,
nobody listens.
""",
    ),
    cfg.StrOpt(
        "exchange",
        default="nova",
        help="The exchange on which Nova notifies: control_exchange of nova.conf, which is nova unless it was changed.",
    ),
    cfg.StrOpt(
        "topic",
        default="versioned_notifications",
        help="""
One of versioned_notifications_topics in [notifications] of nova.conf.
""",
    ),
    cfg.StrOpt(
        "pool",
        default="blazar-spot",
        help="""
The name of the queue. All engines share it, so each notification wakes one of them. No other service may use the same
name, or each takes the other's messages. The queue stays and fills when all engines are gone for good or
transport_url is emptied: delete it then.
""",
    ),
]
