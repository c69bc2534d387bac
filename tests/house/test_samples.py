# SPDX-License-Identifier: Apache-2.0
"""What lies in etc/ for those who run it: it names programs, files and options that there are."""

import ast
import configparser
import importlib
import pathlib

import pytest

UNITS = ("blazar-spot-api", "blazar-spot-engine")
PROGRAMS = {"blazar-spot-engine": "blazar-spot-engine", "blazar-spot-api": "gunicorn"}


def read(path: pathlib.Path) -> configparser.RawConfigParser:
    parsed = configparser.RawConfigParser(strict=True)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(path.read_text())
    return parsed


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_starts_our_program_as_nobody_special_and_again(root: pathlib.Path, unit: str) -> None:
    service = read(root / f"etc/systemd/{unit}.service")["Service"]
    assert pathlib.Path(service["ExecStart"].split()[0]).name == PROGRAMS[unit]
    assert service["User"] == "blazar-spot"
    assert service["Restart"] == "always"
    assert int(service["TimeoutStopSec"]) >= 60


def test_the_engine_is_not_started_again_with_a_configuration_that_is_wrong(root: pathlib.Path) -> None:
    service = read(root / "etc/systemd/blazar-spot-engine.service")["Service"]
    assert service["RestartPreventExitStatus"] == "2"


def test_wsgi_servers_load_our_application_with_more_threads_than_may_wait(root: pathlib.Path) -> None:
    from blazar_spot.conf.api import OPTIONS

    waiting = next(one.default for one in OPTIONS if one.name == "waiting_at_once")
    uwsgi = read(root / "etc/uwsgi/blazar-spot-api-uwsgi.ini")["uwsgi"]
    module, _, name = uwsgi["module"].partition(":")
    assert importlib.util.find_spec(module) is not None
    assert name == "application"
    assert int(uwsgi["threads"]) > waiting
    settings = ast.parse((root / "etc/gunicorn/gunicorn.conf.py").read_text())
    gunicorn = {
        ast.unparse(one.targets[0]): ast.literal_eval(one.value) for one in settings.body if isinstance(one, ast.Assign)
    }
    assert gunicorn["threads"] > waiting
    assert gunicorn["timeout"] > 60  # the longest that a request may wait
