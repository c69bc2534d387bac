# SPDX-License-Identifier: Apache-2.0
"""The configuration file, as an operator writes it and as the program is given it."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, fields
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Barrier

import pytest
from oslo_config import cfg
from oslo_db import options as oslo_db_options

from blazar_spot import conf as configuration
from blazar_spot.conf.opts import list_opts
from blazar_spot.conf.policy import option_of
from blazar_spot.core.errors import ContradictoryPolicy
from blazar_spot.core.policy import Policy
from blazar_spot.db.engine import Database

ACCOUNT = """
auth_type = password
auth_url = http://127.0.0.1:5000/v3
username = spot
password = secret
project_name = service
user_domain_name = Default
project_domain_name = Default
"""


def loaded(folder: Path, text: str) -> cfg.ConfigOpts:
    """The configuration from a file with this text."""
    file = folder / "blazar-spot.conf"
    file.write_text(text)
    return configuration.load(files=[str(file)])


def test_an_empty_file_promises_the_defaults(tmp_path: Path) -> None:
    assert configuration.policy_of(loaded(tmp_path, "")) == Policy()


@pytest.mark.parametrize("field", [field.name for field in fields(Policy) if field.type is int])
def test_each_number_of_the_policy_can_be_configured(tmp_path: Path, field: str) -> None:
    value = asdict(Policy())[field] + 1
    conf = loaded(tmp_path, f"[policy]\n{option_of(field)} = {value}\n")
    assert asdict(configuration.policy_of(conf)) == asdict(Policy()) | {field: value}


def test_numbers_that_contradict_each_other_are_not_accepted(tmp_path: Path) -> None:
    conf = loaded(tmp_path, "[policy]\nmin_uptime_seconds = 60\nnotice_seconds = 900\n")
    with pytest.raises(ContradictoryPolicy, match="could not get its notice"):
        configuration.policy_of(conf)


def test_a_tick_that_is_longer_than_the_slack_of_a_notice_is_not_accepted(tmp_path: Path) -> None:
    with pytest.raises(ContradictoryPolicy, match="shorter than notice_slack_seconds"):
        configuration.policy_of(loaded(tmp_path, "[engine]\ntick_seconds = 60\n"))


def test_two_configurations_of_one_process_know_nothing_of_each_other(tmp_path: Path) -> None:
    changed = loaded(tmp_path, "[engine]\ntick_seconds = 1\n")
    assert (changed.engine.tick_seconds, loaded(tmp_path, "").engine.tick_seconds) == (1, 5)


def test_the_usual_place_is_a_file_of_the_projects_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".blazar-spot").mkdir()
    (tmp_path / ".blazar-spot" / "blazar-spot.conf").write_text("[nova]\nfreepool_name = pool\n")
    assert configuration.load().nova.freepool_name == "pool"


def test_a_file_can_be_named_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.conf"
    file.write_text("[publisher]\ninterval_seconds = 7\n")
    assert configuration.load(["--config-file", str(file)]).publisher.interval_seconds == 7


def test_a_file_that_is_named_but_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(cfg.ConfigFilesNotFoundError):
        configuration.load(files=[str(tmp_path / "missing.conf")])


def test_a_database_has_to_be_named(tmp_path: Path) -> None:
    with pytest.raises(cfg.RequiredOptError, match=r"connection in group \[database\]"):
        configuration.database_of(loaded(tmp_path, ""))


def test_every_database_option_is_one_that_the_database_takes(tmp_path: Path) -> None:
    conf = loaded(tmp_path, f"[database]\nconnection = sqlite:///{tmp_path}/promises.db\n")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Database(**configuration.database_of(conf))


def test_a_dead_database_is_told_at_once_here_and_as_always_elsewhere_in_the_process(tmp_path: Path) -> None:
    ours = configuration.database_of(loaded(tmp_path, "[database]\nconnection = sqlite://\n"))
    neighbour = cfg.ConfigOpts()
    neighbour.register_opts(oslo_db_options.database_opts, group="database")
    neighbour([])
    assert (ours["max_retries"], neighbour.database.max_retries) == (0, 10)


def test_the_account_makes_a_session_without_asking_anybody(tmp_path: Path) -> None:
    session = configuration.session_of(loaded(tmp_path, f"[service_auth]\n{ACCOUNT}timeout = 30\n"))
    assert session.timeout == 30
    assert session.auth.auth_url == "http://127.0.0.1:5000/v3"


def test_many_ask_a_service_at_once_and_keep_their_connections(tmp_path: Path) -> None:
    many, made = 40, []
    together = Barrier(many, timeout=60)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            made.append(self.client_address)
            super().setup()

        def do_GET(self) -> None:
            together.wait()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    class Service(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = many

    session = configuration.session_of(loaded(tmp_path, "[service_auth]\nauth_type = none\n"))
    with Service(("127.0.0.1", 0), Handler) as service, ThreadPoolExecutor(many + 1) as threads:
        threads.submit(service.serve_forever)
        url = f"http://127.0.0.1:{service.server_port}/"
        for _ in range(2):
            assert {one.status_code for one in threads.map(session.get, [url] * many)} == {204}
        service.shutdown()
    assert len(made) == many


@pytest.mark.parametrize("text", ["", "auth_type = unheard-of", "auth_type = password"])
def test_an_account_that_is_not_described_is_an_error_of_the_configuration(tmp_path: Path, text: str) -> None:
    with pytest.raises(cfg.Error, match="service_auth"):
        configuration.session_of(loaded(tmp_path, f"[service_auth]\n{text}\n"))


def test_the_sample_shows_every_option_of_ours_with_its_help() -> None:
    shown = {(group.name, option.dest) for group, options in list_opts() for option in options}
    conf = configuration.declared()
    ours = ["policy", "engine", "publisher", "nova", "service_auth"]
    assert {(group, name) for group in ours for name in conf[group]} <= shown
    assert all(group.help and option.help for group, options in list_opts() for option in options)


def test_every_number_has_a_least_and_a_most_and_its_default_lies_between() -> None:
    groups = [options for group, options in list_opts() if group.name != "service_auth"]
    numbers = [option for options in groups for option in options if isinstance(option, cfg.IntOpt)]
    assert len(numbers) > 20
    assert [one.name for one in numbers if not one.type.min <= one.default <= one.type.max] == []


def test_a_number_beyond_its_bounds_is_an_error_that_names_it(tmp_path: Path) -> None:
    conf = loaded(tmp_path, "[policy]\nparallel_deletes = 0\n")
    with pytest.raises(cfg.ConfigFileValueError, match=r"parallel_deletes .*greater than or equal to 1"):
        configuration.policy_of(conf)


def test_whatever_is_a_time_says_its_unit() -> None:
    counts = {"headroom_hosts", "parallel_deletes", "parallel_deletes_per_host", "spots_per_host"}
    counts |= {"waiting_at_once", "threads", "webhooks_per_project", "subscriptions_per_webhook"}
    groups = [(group.name, options) for group, options in list_opts() if group.name != "service_auth"]
    numbers = {option.name for _, options in groups for option in options if isinstance(option, cfg.IntOpt)}
    assert {name for name in numbers if not name.endswith("_seconds")} == counts


@pytest.mark.parametrize(("word", "breaks_promises"), [("refuse", False), ("breach", True)])
def test_what_becomes_of_leases_that_break_promises_is_said_in_words(
    tmp_path: Path, word: str, breaks_promises: bool
) -> None:
    conf = loaded(tmp_path, f"[policy]\nlease_admission = {word}\n")
    assert configuration.policy_of(conf).breaks_promises is breaks_promises
