# SPDX-License-Identifier: Apache-2.0
"""Which services there are, and how one that answers nobody shows that it is up."""

from dataclasses import asdict
from json import dumps
from os import getpid
from pathlib import Path

import pytest

from blazar_spot.devcloud.identity import Identity
from blazar_spot.devcloud.services import ENGINE_SAYS, spares, table
from blazar_spot.devcloud.site import Options, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site of our plugin, with records and logs of engines but no engine."""
    for folder in ("run", "logs"):
        (tmp_path / folder).mkdir()
    return Site.choose(tmp_path, Options(plugin="spot"))


def say(site: Site, engine: str, pid: int) -> None:
    with (site.root / "logs" / f"{engine}.log").open("a") as log:
        log.write(f"2030-01-01 00:00:00.000 {pid} INFO blazar_spot.cmd.engine [-] {ENGINE_SAYS}\n")


@pytest.mark.parametrize("name", ["spot-engine", "spot-engine-2"])
def test_an_engine_is_up_when_it_says_so_itself(site: Site, name: str) -> None:
    engine = next(one for one in table(site) + spares(site) if one.name == name)
    assert not engine.is_up()
    (site.root / "run" / f"{name}.json").write_text(dumps(asdict(Identity.of(getpid()))))
    say(site, name, getpid() + 1)
    assert not engine.is_up()
    say(site, name, getpid())
    assert engine.is_up()


def test_a_spare_is_no_part_of_a_cloud_that_comes_up(site: Site) -> None:
    assert {one.name for one in spares(site)} == {"spot-engine-2"}
    assert not {one.name for one in table(site)} & {one.name for one in spares(site)}


def test_horizon_is_a_service_only_where_it_was_asked_for(tmp_path: Path) -> None:
    asked, usual = (Site.choose(tmp_path, Options(dashboard=wish)) for wish in (True, False))
    assert {one.name for one in table(asked)} - {one.name for one in table(usual)} == {"horizon"}
    (horizon,) = (one for one in table(asked) if one.name == "horizon")
    assert horizon.environment["PYTHONPATH"].startswith(str(asked.etc("horizon")))
    assert not horizon.is_up()
