# SPDX-License-Identifier: Apache-2.0
"""[webhooks]: URLs of projects that are told of notices."""

from ipaddress import IPv4Network, IPv6Network, ip_network

from oslo_config import cfg, types

GROUP = cfg.OptGroup(
    "webhooks",
    title="The channel webhooks",
    help="""
Projects register URLs with the API and are told there of the notices of their instances. The engines speak to the
URLs, the API only keeps them: engines need a way out to the receivers, and both need the same encryption_keys. Enable
the channel webhooks in [channels], also for the API: it has no webhooks where nobody would tell them anything.
""",
)

LONGEST_TIMEOUT_SECONDS = 15
"""With the rest of a turn it must fit into the time for which one engine has a webhook to itself."""


class _Network(types.ConfigType):
    """A network in CIDR notation."""

    def __init__(self) -> None:
        super().__init__(type_name="network")

    def __call__(self, value: object) -> IPv4Network | IPv6Network:
        return ip_network(str(value).strip())

    def _formatter(self, value: object) -> str:
        return str(value)


OPTIONS: list[cfg.Opt] = [
    cfg.ListOpt(
        "encryption_keys",
        default=[],
        secret=True,
        help="""
With what the secrets of webhooks are encrypted in the database: 32 bytes each, in base64 for URLs, as
python3 -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())" makes them. The first one
encrypts, all of them decrypt. To change the key put the new one in front everywhere, run blazar-spot-manage webhooks
reseal, and take the old one away. The channel cannot be enabled without a key.
""",
    ),
    cfg.StrOpt(
        "source",
        regex=r"^\S+$",
        default="blazar-spot",
        help="""
Which cloud a message comes from: the attribute source of its CloudEvent, a URI. The API's public URL is a good one; it
should not change, since receivers know a message by its source and id.
""",
    ),
    cfg.BoolOpt(
        "allow_http",
        default=False,
        help="Whether URLs may begin with http://. What is sent there can be read on its way, but not be changed.",
    ),
    cfg.ListOpt(
        "ports",
        item_type=types.Integer(min=1, max=65535),
        default=[443, 8443],
        help="The ports that URLs may name. None at all lets all ports through.",
    ),
    cfg.ListOpt(
        "allowed_networks",
        item_type=_Network(),
        default=[],
        help="""
Networks whose addresses are spoken to though they are not public, as 10.20.0.0/16: say those of the tenants' floating
addresses, if they are private. Never name networks here in which services of the cloud itself can be reached: any
project could have them called.
""",
    ),
    cfg.ListOpt(
        "denied_networks",
        item_type=_Network(),
        default=[],
        help="""
Networks whose addresses are never spoken to though they are public, or allowed: say those of the cloud's own services,
and a NAT64 prefix of your own. Private, loopback, link-local, multicast and reserved addresses are never spoken to
unless they are allowed, in whatever spelling.
""",
    ),
    cfg.StrOpt(
        "ca_file",
        help="The authorities whose certificates are trusted, as a file in PEM; if unset, those of the machine.",
    ),
    cfg.IntOpt(
        "timeout_seconds",
        default=10,
        min=1,
        max=LONGEST_TIMEOUT_SECONDS,
        help="How long one try may take in all, from the look-up of the name to the status of the answer.",
    ),
    cfg.IntOpt(
        "threads",
        default=32,
        min=2,
        max=256,
        help="""
How many receivers an engine speaks to at once. One that hangs holds its thread for timeout_seconds; those that gave no
answer the last time get half of the threads at most.
""",
    ),
    cfg.IntOpt(
        "disable_after_seconds",
        default=24 * 3600,
        min=60,
        max=30 * 24 * 3600,
        help="""
A receiver that has taken nothing for so long, though it was told something, is disabled. One that answers 410 is at
once. The project's other webhooks are told, if they have subscribed to spot.webhook.disabled.
""",
    ),
    cfg.IntOpt(
        "old_secret_seconds",
        default=24 * 3600,
        min=0,
        max=30 * 24 * 3600,
        help="How long the secret before the last is valid, too, after a rotation: messages have two signatures then.",
    ),
    cfg.IntOpt("webhooks_per_project", default=10, min=0, max=1000, help="How many webhooks a project may have."),
    cfg.IntOpt(
        "subscriptions_per_webhook", default=20, min=1, max=1000, help="How many subscriptions a webhook may have."
    ),
]
