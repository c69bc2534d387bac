# SPDX-License-Identifier: Apache-2.0
"""The plugins read our own file, once, and say loudly when they cannot."""

import logging
import pathlib
from collections.abc import Iterator

import pytest
from oslo_config import cfg

from blazar_spot.core.errors import ContradictoryPolicy
from blazar_spot.plugins import settings
from blazar_spot.plugins.hosts import SpotHostPlugin

GOOD = """
[database]
connection = sqlite://

[service_auth]
auth_type = password
auth_url = http://127.0.0.1:1/v3
username = blazar-spot
password = secret

[publisher]
interval_seconds = 7
"""


@pytest.fixture
def config_file(tmp_path: pathlib.Path) -> Iterator[pathlib.Path]:
    path = tmp_path / "blazar-spot.conf"
    cfg.CONF.set_override("config_file", str(path), group="spot")
    settings.settings.cache_clear()
    yield path
    settings.settings.cache_clear()
    cfg.CONF.clear_override("config_file", group="spot")


def test_there_is_one_whole_per_process(config_file: pathlib.Path) -> None:
    config_file.write_text(GOOD)
    ours = settings.settings()
    assert ours is settings.settings()
    assert ours.interval == 7


def test_contradictory_numbers_keep_the_plugin_from_being_loaded_and_are_named(
    config_file: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    config_file.write_text(GOOD + "[policy]\nmin_uptime_seconds = 60\nnotice_seconds = 900\n")
    with pytest.raises(ContradictoryPolicy):
        SpotHostPlugin()
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert "NOT loaded" in record.getMessage()
    assert "min_uptime" in record.getMessage()


def test_a_file_that_is_not_there_is_named(config_file: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(cfg.ConfigFilesNotFoundError):
        SpotHostPlugin()
    assert str(config_file) in caplog.text
