# SPDX-License-Identifier: Apache-2.0
"""A private RabbitMQ: own node, own name server, own ports of 127.0.0.1, own home with its own cookie.

It never talks to a broker of the system, and it does not spin while it has nothing to do. `consumers`
tells whether somebody reads a queue: how the cloud knows that a service without HTTP is up.
"""

from pathlib import Path

import kombu
from amqp.exceptions import AMQPError
from kombu.exceptions import OperationalError

from blazar_spot.devcloud.ports import LOOPBACK
from blazar_spot.devcloud.site import PASSWORD, Site

SERVER = "/usr/lib/rabbitmq/bin/rabbitmq-server"
NAME_SERVER = "epmd"
QUIET = "+sbwt none +sbwtdcpu none +sbwtdio none +S 2:2 +A 4 -kernel inet_dist_use_interface {127,0,0,1}"


def write_conf(site: Site) -> None:
    """Write the broker's own file."""
    path = site.etc("rabbitmq") / "rabbitmq.conf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"listeners.tcp.1 = {LOOPBACK}:{site.ports['rabbitmq']}\n"
        f"default_user = devcloud\ndefault_pass = {PASSWORD}\n"
        "default_user_tags.administrator = true\n"
        "vm_memory_high_watermark.absolute = 512MB\n"
        "disk_free_limit.absolute = 50MB\n"
        "log.console = true\nlog.console.level = warning\nlog.file = false\n"
        # Asking for a queue that is not there yet is no error here.
        "log.channel.level = critical\n"
    )


def name_server_command(site: Site) -> list[str]:
    return [NAME_SERVER, "-address", LOOPBACK, "-port", str(site.ports["epmd"])]


def environment(site: Site) -> dict[str, str]:
    """What makes the node private. The same variables let `rabbitmqctl` find it."""
    state = site.root / "rabbitmq"
    state.mkdir(parents=True, exist_ok=True)
    return {
        "HOME": str(state),
        "RABBITMQ_NODENAME": f"devcloud-{site.ports['rabbitmq']}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
        "RABBITMQ_NODE_PORT": str(site.ports["rabbitmq"]),
        "RABBITMQ_DIST_PORT": str(site.ports["rabbitmq-dist"]),
        "RABBITMQ_MNESIA_BASE": str(state / "mnesia"),
        "RABBITMQ_LOG_BASE": str(site.root / "logs"),
        "RABBITMQ_PID_FILE": str(state / "rabbitmq.pid"),
        "RABBITMQ_CONFIG_FILE": str(site.etc("rabbitmq") / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(_no_plugins(state)),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": QUIET,
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_EPMD_PORT": str(site.ports["epmd"]),
    }


def answers(site: Site) -> bool:
    """Whether the broker lets our user in."""
    try:
        with _connection(site) as connection:
            connection.connect()
    except (OSError, AMQPError, OperationalError):
        return False
    return True


def consumers(site: Site, queue: str) -> int:
    """How many readers a queue has; none if there is no such queue."""
    try:
        with _connection(site) as connection, connection.channel() as channel:
            return int(channel.queue_declare(queue, passive=True).consumer_count)
    except (OSError, AMQPError, OperationalError):
        return 0


def _connection(site: Site) -> kombu.Connection:
    return kombu.Connection(
        site.transport_url.replace("rabbit://", "amqp://"), connect_timeout=5, transport_options={"max_retries": 0}
    )


def _no_plugins(state: Path) -> Path:
    path = state / "enabled_plugins"
    path.write_text("[].\n")
    return path
