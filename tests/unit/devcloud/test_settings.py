# SPDX-License-Identifier: Apache-2.0
"""What is written into configuration files."""

import ast
import configparser
from pathlib import Path

import pytest

from blazar_spot.devcloud.hosts import HostSpec, name_hosts
from blazar_spot.devcloud.settings import BUILDERS
from blazar_spot.devcloud.settings.horizon import local_settings, python_path, write_local_settings
from blazar_spot.devcloud.settings.ini import Settings, render, with_overrides
from blazar_spot.devcloud.settings.nova import nova_compute
from blazar_spot.devcloud.site import Options, Override, Site

ROOT = Path("/cloud")


def site(options: Options | None = None) -> Site:
    return Site.choose(ROOT, options or Options())


def read(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=False, default_section="none")
    parser.read_string(text)
    return parser


def test_an_option_with_several_values_is_repeated() -> None:
    assert render({"one": {"name": ["a", "b"], "on": True}}) == "[one]\nname = a\nname = b\non = true\n"


def test_an_override_reads_sections_with_dots_and_colons_and_values_with_anything() -> None:
    override = Override.parse("nova:blazar:physical:host.allow_preemptibles=a=b.c")
    assert override == Override("nova", "blazar:physical:host", "allow_preemptibles", "a=b.c")


@pytest.mark.parametrize("text", ["", "nova", "nova:api", "nova:api.x", "nova:api=x", "api.x=y", ":api.x=y"])
def test_what_is_no_override_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="FILE:section"):
        Override.parse(text)


def test_an_override_wins_in_its_own_file_only_and_the_last_one_counts() -> None:
    overrides = [
        Override("nova", "api", "x", "1"),
        Override("nova", "api", "x", "2"),
        Override("spot", "api", "x", "3"),
    ]
    settings: Settings = {"api": {"x": "0", "y": "0"}}
    assert with_overrides(settings, "nova", overrides) == {"api": {"x": "2", "y": "0"}}
    assert settings == {"api": {"x": "0", "y": "0"}}


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_every_file_can_be_read_back(name: str) -> None:
    assert read(render(BUILDERS[name](site()))).sections()


def test_upstreams_plugin_knows_nothing_of_ours() -> None:
    settings = BUILDERS["blazar"](site(Options(plugin="upstream")))
    assert settings["manager"]["plugins"] == "physical.host.plugin"
    assert not {"spot", "enforcement"} & set(settings)


def test_our_plugin_is_told_where_its_file_is() -> None:
    settings = BUILDERS["blazar"](site(Options(plugin="spot")))
    assert settings["manager"]["plugins"] == "spot.host.plugin,spot.instance.plugin,spot.flavor.plugin"
    assert settings["enforcement"] == {"enabled_filters": "SpotGuaranteeFilter"}
    assert settings["spot"] == {"config_file": "/cloud/etc/blazar-spot.conf"}


def test_a_compute_is_told_its_size_and_no_database() -> None:
    (host,) = name_hosts([HostSpec(vcpus=64, memory_gib=2, nested=True)])
    settings = nova_compute(site(), host)
    assert settings["DEFAULT"]["host"] == "host01"
    assert (settings["devcloud"]["vcpus"], settings["devcloud"]["memory_mb"]) == (64, 2048)
    assert settings["devcloud"]["nested"] is True
    assert not {"database", "api_database"} & set(settings)


def test_a_site_is_found_again_as_it_was(tmp_path: Path) -> None:
    options = Options(hosts=name_hosts([HostSpec(gpus=8)]), plugin="spot", overrides=(Override("nova", "a", "b", "c"),))
    made = Site.choose(tmp_path, options)
    made.save()
    assert Site.load(tmp_path) == made


@pytest.mark.parametrize("text", ["", "{}", '{"options": {}, "ports": {}}'])
def test_a_site_that_was_half_written_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "site.json").write_text(text)
    assert Site.load(tmp_path) is None


@pytest.mark.parametrize(("plugin", "has_ours"), [("spot", True), ("upstream", False)])
def test_horizon_shows_our_panels_beside_our_plugin_only(plugin: str, has_ours: bool) -> None:
    text = local_settings(site(Options(plugin=plugin, dashboard=True)))
    known = {name.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for name in node.names}
    assert "blazar_dashboard.enabled" in known
    assert ("blazar_spot.dashboard.enabled" in known) is has_ours


def test_horizons_settings_are_a_package_of_the_name_that_horizon_looks_for(tmp_path: Path) -> None:
    made = Site.choose(tmp_path, Options(dashboard=True))
    write_local_settings(made)
    found = {path.name: path.read_text() for path in (python_path(made) / "local").iterdir()}
    assert set(found) == {"__init__.py", "local_settings.py"}
    assert f"OPENSTACK_KEYSTONE_URL = '{made.auth_url}'" in found["local_settings.py"]
