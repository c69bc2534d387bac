# SPDX-License-Identifier: Apache-2.0
"""How a cloud comes up: files, databases, then services and stock, side by side as far as they may.

Whatever goes wrong is raised with the last words of the service that failed; cleaning up is left to the
caller. Next: `cloud`, which calls this, and `services`, the table.
"""

import importlib.util
import shutil
import sys
import threading
from collections.abc import Callable

from blazar_spot.devcloud import mariadb, rabbitmq, schemas, settings, stock, template
from blazar_spot.devcloud.accounts import create_accounts
from blazar_spot.devcloud.behaviour import Behaviour
from blazar_spot.devcloud.processes import Processes
from blazar_spot.devcloud.services import (
    COMPUTES,
    Service,
    dashboard_environment,
    database_server,
    python_environment,
    script,
    table,
)
from blazar_spot.devcloud.site import Site
from blazar_spot.devcloud.steps import Step, run_steps
from blazar_spot.devcloud.waiting import GaveUp, wait_until

SERVICE_PATIENCE = 180.0


class CloudFailed(Exception):
    """The cloud cannot be what it should be; the text says why and where to look."""


def bring_up(site: Site, processes: Processes, report: Callable[[str], None]) -> None:
    """Make a cloud of an empty state directory."""
    _check_servers()
    _check_dashboard(site)
    site.save()
    settings.write_all(site)
    rabbitmq.write_conf(site)
    Behaviour(delete_seconds=site.options.delete_seconds).write(site.behaviour_file)
    template.put(site.root, lambda: _make_databases(site, processes, report))
    report("databases")
    run_steps([*_service_steps(site, processes), *_other_steps(site, processes)], report)


def _check_servers() -> None:
    missing = [name for name in (mariadb.INSTALLER, rabbitmq.SERVER, rabbitmq.NAME_SERVER) if not shutil.which(name)]
    if missing:
        packages = "apt-get install --no-install-recommends mariadb-server rabbitmq-server"
        raise CloudFailed(f"not found: {', '.join(missing)}; they come with: {packages}")


def _check_dashboard(site: Site) -> None:
    if site.options.dashboard and not importlib.util.find_spec("blazar_dashboard"):
        raise CloudFailed("Horizon is not installed; it comes with: pip install blazar_spot[dashboard]")


def start_and_wait(processes: Processes, service: Service, called_off: threading.Event) -> None:
    """Start a service and return when it is up."""
    processes.start(service.name, service.command, service.environment)
    _wait_for(processes, service, called_off)


def _wait_for(processes: Processes, service: Service, called_off: threading.Event) -> None:
    def is_up() -> bool:
        if not processes.is_alive(service.name):
            raise CloudFailed(f"{service.name} ended while it was starting\n{processes.last_words(service.name)}")
        return service.is_up()

    try:
        wait_until(is_up, f"{service.name} is up", at_most=SERVICE_PATIENCE, every=0.25, called_off=called_off)
    except GaveUp as error:
        raise CloudFailed(f"{error}\n{processes.last_words(service.name)}") from error


def _service_steps(site: Site, processes: Processes) -> list[Step]:
    def step(service: Service) -> Step:
        begin = _wait_for if COMPUTES in service.after else start_and_wait
        return Step(service.name, lambda called_off: begin(processes, service, called_off), service.after)

    return [step(service) for service in table(site)]


def _other_steps(site: Site, processes: Processes) -> list[Step]:
    computes = tuple(f"compute-{host.name}" for host in site.options.hosts)
    steps = [
        Step("accounts", lambda _: create_accounts(site), ("keystone",)),
        Step("names of GPUs", lambda _: stock.name_gpus(site), ("accounts", "placement")),
        Step(
            COMPUTES,
            lambda called_off: _make_computes(site, processes, called_off),
            ("names of GPUs", "nova-conductor", "network-stand-in"),
        ),
        Step("image", lambda _: stock.create_image(site), ("accounts", "glance")),
        Step("flavors", lambda _: stock.create_flavors(site), ("accounts", "nova-api")),
        Step(
            "hosts in Blazar",
            lambda called_off: stock.enlist_hosts(site, called_off),
            (*computes, "flavors", "nova-scheduler", "blazar-api", "blazar-manager"),
        ),
    ]
    if site.options.plugin == "spot":
        steps.append(Step("spot schema", lambda called_off: _sync_spot(site, processes, called_off), ("mariadb",)))
    if site.options.dashboard:
        steps.append(Step("static files", lambda called_off: _make_static_files(site, processes, called_off)))
    return steps


def _sync_spot(site: Site, processes: Processes, called_off: threading.Event) -> None:
    processes.run("sync-spot", schemas.spot_sync(site), python_environment(), called_off)


def _make_computes(site: Site, processes: Processes, called_off: threading.Event) -> None:
    command = [sys.executable, "-m", "blazar_spot.devcloud.computes", str(site.root)]
    processes.run(COMPUTES, command, python_environment(), called_off)


def _make_static_files(site: Site, processes: Processes, called_off: threading.Event) -> None:
    """Horizon's styles and scripts, with those of the panels, in one directory and in few files."""
    for verb in (["collectstatic", "--no-input", "--link"], ["compress"]):
        command = [script("django-admin"), *verb]
        processes.run(f"horizon-{verb[0]}", command, dashboard_environment(site), called_off)


def _make_databases(site: Site, processes: Processes, report: Callable[[str], None]) -> None:
    """Fill new databases; the server is stopped in good order, so that its files can be copied."""
    report("first run with these versions: making all schemas, once")
    mariadb.initialise(site.root / "mariadb")
    start_and_wait(processes, database_server(site), threading.Event())
    run_steps(schemas.sync_steps(site, processes), report)
    processes.stop("mariadb")
