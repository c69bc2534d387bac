# SPDX-License-Identifier: Apache-2.0
"""All services of the cloud, each one a line of a table: its command, how to see that it is up, and after what.

A service with HTTP is up when it answers; one without is up when it reads its queue. To add a service,
add a line. Spares are services too, which run only when somebody starts them. Next: `cloud`, which does.
"""

import http.client
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from blazar_spot.devcloud import mariadb, rabbitmq
from blazar_spot.devcloud.ports import LOOPBACK, is_listening
from blazar_spot.devcloud.processes import Processes
from blazar_spot.devcloud.settings import compute_conf
from blazar_spot.devcloud.settings.horizon import python_path
from blazar_spot.devcloud.site import Site

_NOTHING: Mapping[str, str] = {}
BACKENDS = ("mariadb", "rabbitmq")
# The step that makes the processes of all computes, which nobody need start then.
COMPUTES = "computes"
# The engine has neither HTTP nor a queue to read: it says so when it is at work.
ENGINE_SAYS = "The engine is at work"


@dataclass(frozen=True)
class Service:
    """One background process. It is started once the services and steps named in `after` are done."""

    name: str
    command: list[str]
    is_up: Callable[[], bool]
    after: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def table(site: Site) -> list[Service]:
    """Every service of this cloud."""
    services = [
        Service("epmd", rabbitmq.name_server_command(site), lambda: _accepts(site, "epmd")),
        Service("rabbitmq", [rabbitmq.SERVER], lambda: rabbitmq.answers(site), ("epmd",), rabbitmq.environment(site)),
        database_server(site),
        # One thread: Keystone keeps the token of the request it is at where all its threads find it, so that
        # with more of them a user's request was now and then taken for that of somebody's trust, and refused.
        _wsgi(site, "keystone", "keystone.wsgi.api", "mariadb", threads=1),
        _wsgi(site, "placement", "placement.wsgi.api", "mariadb"),
        _wsgi(site, "nova-api", "nova.wsgi.osapi_compute", *BACKENDS),
        _wsgi(site, "nova-metadata", "nova.wsgi.metadata", *BACKENDS),
        _wsgi(site, "glance", "glance.wsgi.api", "mariadb"),
        _wsgi(site, "blazar-api", "blazar.wsgi.api", *BACKENDS),
        # These log in while they start, and end if they may not.
        _reader(site, "nova-conductor", "nova", "conductor", *BACKENDS, "accounts"),
        _reader(site, "nova-scheduler", "nova", "scheduler", *BACKENDS, "accounts"),
        _blazar_manager(site),
        _network_stand_in(site),
        *(_compute(site, host.name) for host in site.options.hosts),
    ]
    if site.options.plugin == "spot":
        services += [_spot_engine(site, "spot-engine"), _spot_api(site)]
    if site.options.dashboard:
        services.append(_horizon(site))
    return services


def spares(site: Site) -> list[Service]:
    """What a cloud can do without: a second engine beside the first."""
    return [_spot_engine(site, "spot-engine-2")] if site.options.plugin == "spot" else []


def script(name: str) -> str:
    """A console script of the environment we run in."""
    return str(Path(sys.prefix) / "bin" / name)


def python_environment() -> dict[str, str]:
    """What every Python service gets: this package, also when it is not installed, and few memory arenas."""
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    return {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2"}


def dashboard_environment(site: Site) -> dict[str, str]:
    """What Horizon gets, and the commands that make its static files."""
    usual = python_environment()
    path = os.pathsep.join((str(python_path(site)), usual["PYTHONPATH"]))
    return {**usual, "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "openstack_dashboard.settings"}


def database_server(site: Site) -> Service:
    port = site.ports["mariadb"]
    return Service("mariadb", mariadb.command(site.root / "mariadb", port), lambda: mariadb.answers(port))


def _wsgi(
    site: Site,
    name: str,
    module: str,
    *after: str,
    health: str = "/",
    environment: Mapping[str, str] = _NOTHING,
    threads: int = 16,
) -> Service:
    """An API under gunicorn: one process, some threads, connections kept longer than clients keep them."""
    family = name.partition("-")[0]
    command = [
        script("gunicorn"),
        "--worker-class=gthread",
        "--workers=1",
        f"--threads={threads}",
        "--keep-alive=75",
        "--timeout=300",
        "--graceful-timeout=5",
        "--limit-request-line=8190",
        "--no-control-socket",
        f"--bind={LOOPBACK}:{site.ports[name]}",
        f"blazar_spot.devcloud.wsgi:load('{module}')",
    ]
    where = {f"OS_{family.upper()}_CONFIG_DIR": str(site.etc(family))}
    environment = {**python_environment(), **where, **environment}
    return Service(name, command, lambda: _responds(site, name, health), after, environment)


def _reader(site: Site, name: str, family: str, queue: str, *after: str) -> Service:
    command = [script(name), "--config-file", str(site.conf(family))]
    return Service(name, command, lambda: rabbitmq.consumers(site, queue) > 0, after, python_environment())


def _blazar_manager(site: Site) -> Service:
    # With our plugin it uses our database from the beginning.
    ours = ("spot schema",) if site.options.plugin == "spot" else ()
    return _reader(site, "blazar-manager", "blazar", "blazar.manager", *BACKENDS, "accounts", *ours)


def _compute(site: Site, host: str) -> Service:
    command = [sys.executable, "-m", "blazar_spot.devcloud.compute", str(compute_conf(site, host))]
    queue = f"compute.{host}"

    def is_up() -> bool:
        return rabbitmq.consumers(site, queue) > 0

    return Service(f"compute-{host}", command, is_up, (COMPUTES,), python_environment())


def _network_stand_in(site: Site) -> Service:
    command = [sys.executable, "-m", "blazar_spot.devcloud.network_stand_in", str(site.ports["network-stand-in"])]
    return Service(
        "network-stand-in", command, lambda: _responds(site, "network-stand-in"), environment=python_environment()
    )


def _spot_engine(site: Site, name: str) -> Service:
    command = [script("blazar-spot-engine"), "--config-file", str(site.conf("spot"))]
    after = ("spot schema", "hosts in Blazar")
    return Service(name, command, lambda: _is_at_work(Processes(site.root), name), after, python_environment())


def _spot_api(site: Site) -> Service:
    conf = {"OS_BLAZAR_SPOT_CONFIG_FILE": str(site.conf("spot"))}
    return _wsgi(site, "spot-api", "blazar_spot.wsgi", "spot schema", health="/healthcheck", environment=conf)


def _horizon(site: Site) -> Service:
    settings = dashboard_environment(site)
    after = ("keystone", "static files")
    return _wsgi(site, "horizon", "openstack_dashboard.wsgi", *after, health="/auth/login/", environment=settings)


def _is_at_work(processes: Processes, name: str) -> bool:
    """Whether the engine of this name says so; its log also has what the ones before it said."""
    engine, log = processes.find(name), processes.log_file(name)
    said = log.read_text(errors="replace").splitlines() if log.exists() else []
    return engine is not None and any(ENGINE_SAYS in line and f" {engine.pid} " in line for line in said)


def _accepts(site: Site, name: str) -> bool:
    return is_listening(site.ports[name])


def _responds(site: Site, name: str, path: str = "/") -> bool:
    """Whether an API answers at all; that it wants a token is an answer too."""
    connection = http.client.HTTPConnection(LOOPBACK, site.ports[name], timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
