# SPDX-License-Identifier: Apache-2.0
"""Our devstack plugin, run with stand-ins that put on record what it calls and when."""

from pathlib import Path

import pytest

from blazar_spot import conf as configuration
from tests.unit.devstack.stack import OURS, ROOT, SERVICES, Died, Stack, options

URL = "http://203.0.113.5/spot"
FILES = ("nova", "blazar", "spot")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path).written()


def content(stack: Stack) -> list[str]:
    return [getattr(stack, file).read_text() for file in FILES]


def without(tmp_path: Path, *services: str) -> Stack:
    return Stack(tmp_path, {"DISABLED_SERVICES": ",".join(services)}).written()


def test_everything_is_done_in_an_order_that_works(stack: Stack) -> None:
    done = [call[0] for call in stack.stack()]
    assert done == [
        "setup_develop",
        "setup_logging",
        "configure_keystone_authtoken_middleware",
        "write_uwsgi_config",
        "create_service_user",
        "get_or_create_service",
        "get_or_create_endpoint",
        "recreate_database",
        "blazar-spot-manage",
        "run_process",
        "wait_for_service",
        "run_process",
    ]


def test_what_is_installed_is_our_source_with_a_driver_for_the_database(stack: Stack) -> None:
    assert stack.run("stack", "install") == [["setup_develop", f"{stack.settings['DEST']}/blazar-spot", "mysql"]]


def test_the_account_is_an_admin_and_the_catalog_says_where_we_are(stack: Stack) -> None:
    calls = stack.run("stack", "post-config")
    assert ["create_service_user", "blazar-spot", "admin"] in calls
    assert ["get_or_create_service", "blazar-spot", "spot", "Spot instances on reservable hosts"] in calls
    assert ["get_or_create_endpoint", "spot", "RegionOne", URL] in calls


def test_the_database_is_made_and_brought_to_the_newest_version(stack: Stack) -> None:
    calls = stack.run("stack", "post-config")
    assert calls[-2:] == [["recreate_database", "blazar_spot"], ["blazar-spot-manage", "db", "sync"]]


def test_engine_and_api_are_started_and_stopped_again(stack: Stack) -> None:
    stack.run("stack", "post-config")
    calls = stack.run("stack", "extra")
    started = {call[1]: call[2] for call in calls if call[0] == "run_process"}
    assert started["blazar-spot-engine"] == f"{stack.settings['BIN']}/blazar-spot-engine --config-file {stack.spot}"
    assert started["blazar-spot-api"].endswith(f"--ini {stack.spot.parent}/blazar-spot-api-uwsgi.ini")
    assert ["wait_for_service", "60", f"{URL}/healthcheck"] in calls
    assert {call[1] for call in stack.run("unstack") if call[0] == "stop_process"} == set(started)


def test_our_own_file_is_one_that_we_can_read(stack: Stack) -> None:
    stack.run("stack", "post-config")
    conf = configuration.load(files=[str(stack.spot)])
    assert conf.database.connection == "mysql+pymysql://root:secret@127.0.0.1/blazar_spot?charset=utf8"
    assert conf.notifications.transport_url == stack.settings["TRANSPORT_URL"]
    assert conf.channels.enabled == ["webhooks"]
    assert conf.engine.mode == "enforce"
    assert conf.nova.freepool_name == "freepool"
    assert conf.webhooks.source == URL
    session = configuration.session_of(conf)
    assert session.auth.auth_url == stack.settings["KEYSTONE_SERVICE_URI"]
    assert stack.spot.stat().st_mode & 0o077 == 0


def test_our_own_file_has_only_options_that_there_are(stack: Stack) -> None:
    stack.run("stack", "post-config")
    known = {group.name: {one.dest for one in opts} for group, opts in configuration.opts.list_opts()}
    ours = {section: set(values) for section, values in options(stack.spot).items() if section in known}
    assert {"engine", "nova", "notifications", "channels", "webhooks", "service_auth"} <= set(ours)
    assert {(section, name) for section, names in ours.items() for name in names - known[section]} == set()


def test_blazar_loads_our_plugins_in_the_place_of_its_own_and_keeps_the_others(stack: Stack) -> None:
    stack.run("stack", "post-config")
    told = options(stack.blazar)
    assert told["manager"]["plugins"].split(",") == [
        "spot.host.plugin",
        "spot.instance.plugin",
        "virtual.floatingip.plugin",
        "spot.flavor.plugin",
    ]
    assert told["spot"] == {"config_file": str(stack.spot)}
    assert told["enforcement"] == {"enabled_filters": "SpotGuaranteeFilter"}


def test_a_filter_that_was_there_stays(stack: Stack) -> None:
    stack.blazar.write_text(stack.blazar.read_text() + "[enforcement]\nenabled_filters = MaxLeaseDurationFilter\n")
    stack.run("stack", "post-config")
    assert options(stack.blazar)["enforcement"]["enabled_filters"] == "MaxLeaseDurationFilter,SpotGuaranteeFilter"
    stack.run("unstack")
    assert options(stack.blazar)["enforcement"]["enabled_filters"] == "MaxLeaseDurationFilter"


def test_nova_lets_preemptible_servers_into_the_freepool_and_tells_of_them(stack: Stack) -> None:
    stack.run("stack", "post-config")
    told = options(stack.nova)
    assert told["blazar:physical:host"] == {"allow_preemptibles": "True", "preemptible_aggregate": "freepool"}
    assert told["notifications"]["notification_format"] == "both"
    assert told["oslo_messaging_notifications"]["driver"] == "messagingv2"
    assert told["filter_scheduler"]["enabled_filters"].split(",") == [
        "ComputeFilter",
        "BlazarFilter",
        "AggregateInstanceExtraSpecsFilter",
        "AggregateMultiTenancyIsolation",
    ]


def test_where_notifications_are_versioned_already_they_stay_so(stack: Stack) -> None:
    stack.nova.write_text(stack.nova.read_text().replace("unversioned", "versioned"))
    stack.run("stack", "post-config")
    assert options(stack.nova)["notifications"]["notification_format"] == "versioned"


def test_guests_read_of_their_notices_in_vendordata(stack: Stack) -> None:
    stack.run("stack", "post-config")
    told = options(stack.nova)
    assert told["api"]["vendordata_providers"] == "StaticJSON,DynamicJSON"
    assert told["api"]["vendordata_dynamic_targets"] == f"spot@{URL}/v1/vendordata"
    assert told["vendordata_dynamic_auth"]["username"] == "nova"


def test_vendordata_of_others_stays(stack: Stack) -> None:
    others = "[api]\nvendordata_providers = DynamicJSON\nvendordata_dynamic_targets = join@http://127.0.0.1:9999\n"
    stack.nova.write_text(stack.nova.read_text() + others)
    stack.run("stack", "post-config")
    told = options(stack.nova)["api"]
    assert told["vendordata_providers"] == "DynamicJSON"
    assert told["vendordata_dynamic_targets"] == f"join@http://127.0.0.1:9999,spot@{URL}/v1/vendordata"


def test_doing_it_all_again_changes_nothing(stack: Stack) -> None:
    calls, first = stack.stack(), content(stack)
    assert stack.stack() == calls
    assert content(stack) == first


def test_the_key_of_webhooks_is_made_once_and_is_one(stack: Stack, tmp_path: Path) -> None:
    stack.run("stack", "post-config")
    other = Stack(tmp_path / "other").written()
    other.run("stack", "post-config")
    keys = [configuration.load(files=[str(one.spot)]).webhooks.encryption_keys for one in (stack, other)]
    assert keys[0] != keys[1]
    from blazar_spot.adapters.fernet_keyring import FernetKeyring

    ring = FernetKeyring(keys[0])
    assert ring.opened(ring.sealed("a secret")) == "a secret"


def test_unstack_leaves_blazar_as_it_was(stack: Stack) -> None:
    before = options(stack.blazar)
    stack.stack()
    stack.run("unstack")
    after = options(stack.blazar)
    assert {section: values for section, values in after.items() if values} == before


def test_unstack_does_not_mind_that_there_is_nothing_left(stack: Stack) -> None:
    stack.blazar.unlink()
    stack.run("unstack")
    stack.run("unstack")
    assert not stack.blazar.exists()


def test_clean_leaves_no_file_of_ours(stack: Stack) -> None:
    stack.stack()
    stack.run("unstack")
    assert ["remove_uwsgi_config", str(stack.spot.parent / "blazar-spot-api-uwsgi.ini"), "blazar-spot-api"] in (
        stack.run("clean")
    )
    assert not stack.spot.parent.exists()


def test_horizon_gets_our_panels_and_loses_them(tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"ENABLED_SERVICES": f"{SERVICES},horizon", "BLAZAR_SPOT_DIR": str(ROOT)}).written()
    ours = {path.name for path in (ROOT / "blazar_spot" / "dashboard" / "enabled").glob("_*.py")} - {"__init__.py"}
    stack.stack()
    stack.stack()
    panels = list((tmp_path / "enabled").iterdir())
    assert {panel.name for panel in panels} == ours
    assert all("blazar_spot.dashboard" in panel.read_text() for panel in panels)
    stack.run("clean")
    assert list((tmp_path / "enabled").iterdir()) == []


def test_without_horizon_there_is_no_panel(tmp_path: Path, stack: Stack) -> None:
    stack.stack()
    assert list((tmp_path / "enabled").iterdir()) == []


def test_without_the_api_nobody_is_sent_to_it(tmp_path: Path) -> None:
    stack = without(tmp_path, "blazar-spot-api")
    calls = stack.stack()
    done = {call[0] for call in calls}
    assert not done & {"get_or_create_service", "get_or_create_endpoint", "write_uwsgi_config", "wait_for_service"}
    assert [call[1] for call in calls if call[0] == "run_process"] == ["blazar-spot-engine"]
    assert "api" not in options(stack.nova)
    assert "vendordata_dynamic_auth" not in options(stack.nova)


def test_without_the_engine_the_api_still_runs(tmp_path: Path) -> None:
    calls = without(tmp_path, "blazar-spot-engine").stack()
    assert [call[1] for call in calls if call[0] == "run_process"] == ["blazar-spot-api"]


def test_where_neither_is_enabled_nothing_is_touched(tmp_path: Path) -> None:
    stack = without(tmp_path, *OURS)
    before = [stack.nova.read_text(), stack.blazar.read_text()]
    assert stack.stack() + stack.run("unstack") + stack.run("clean") == []
    assert [stack.nova.read_text(), stack.blazar.read_text()] == before
    assert not stack.spot.exists()


def test_without_blazar_it_ends_with_a_sentence(tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"ENABLED_SERVICES": SERVICES.replace("blazar-m", "")}).written()
    with pytest.raises(Died, match="enable the plugin blazar before blazar-spot"):
        stack.run("stack", "install")


def test_what_local_conf_says_counts(tmp_path: Path) -> None:
    told = {"BLAZAR_SPOT_MODE": "observe", "BLAZAR_SPOT_URL": "https://spot.example.org"}
    stack = Stack(tmp_path, told).written()
    calls = stack.run("stack", "post-config")
    assert ["get_or_create_endpoint", "spot", "RegionOne", "https://spot.example.org"] in calls
    assert options(stack.spot)["engine"]["mode"] == "observe"
