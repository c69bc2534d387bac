# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-api``: the API on a port of this machine, for trying, until SIGTERM.

In production a WSGI server runs ``blazar_spot.wsgi:application``, which is the same. Exit status: 0 stopped, 1 it
cannot listen there, 2 the configuration is wrong.
"""

import signal
import sys
from collections.abc import Sequence
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from oslo_config import cfg
from oslo_log import log

from blazar_spot import conf as configuration
from blazar_spot.core.errors import SpotError

PROGRAM = "blazar-spot-api"
LOG = log.getLogger(__name__)

OPTIONS = [
    cfg.HostAddressOpt("address", default="127.0.0.1", help="Where to listen."),
    cfg.PortOpt("port", default=8786, help="On which port; 0 is any that is free."),
]


class Server(ThreadingMixIn, WSGIServer):
    """A thread for each request, since some wait."""

    daemon_threads = True


class Handler(WSGIRequestHandler):
    """Tells of requests in the log."""

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - its parent's name
        LOG.info(format, *arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve; the exit status."""
    try:
        conf = _parsed(sys.argv[1:] if arguments is None else arguments)
        from blazar_spot.wiring import api  # not for those who only ask for help

        application = api(conf)
    except (cfg.Error, SpotError) as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return 2
    try:
        server = make_server(conf.address, conf.port, application, Server, Handler)
    except OSError as error:
        print(f"{PROGRAM}: {conf.address}:{conf.port}: {error}", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: Thread(target=server.shutdown).start())
    with server:
        print(f"{PROGRAM}: http://{conf.address}:{server.server_port}/", flush=True)
        server.serve_forever()
    return 0


def _parsed(arguments: Sequence[str]) -> cfg.ConfigOpts:
    conf = configuration.declared()
    conf.register_cli_opts(OPTIONS)
    conf(list(arguments), project=configuration.PROJECT, prog=PROGRAM)
    log.setup(conf, configuration.PROJECT)
    return conf
