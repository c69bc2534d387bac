# SPDX-License-Identifier: Apache-2.0
"""/healthcheck with our backend: whether the database answers with the schema that this code reads."""

from pathlib import Path

import pytest
from falcon import testing

from blazar_spot import wiring
from blazar_spot.db import migration
from blazar_spot.db.engine import Database
from blazar_spot.testing import keystone as testing_keystone

MANY = "[metrics]\napi_path = /metrics\n"


def client(folder: Path, settings: str, more: str = "") -> testing.TestClient:
    file = folder / "blazar-spot.conf"
    backends = "backends = blazar_spot_database"
    file.write_text(
        f"[database]\nconnection = sqlite:///{folder}/promises.db\n[healthcheck]\n{backends}\n{settings}\n{more}"
    )
    served = wiring.api(wiring.load(str(file)))
    return testing.TestClient(lambda environ, start: served(environ, start))


def asked(client: testing.TestClient) -> tuple[int, str]:
    answer = client.simulate_get("/healthcheck", headers={"Accept": "application/json"})
    return answer.status_code, answer.text


def test_a_database_of_the_newest_schema_is_well(tmp_path: Path) -> None:
    migration.sync(Database(f"sqlite:///{tmp_path}/promises.db"))
    with testing_keystone.keystone() as keystone:
        status, text = asked(client(tmp_path, keystone.settings))
    assert status == 200
    assert "The database answers" in text


@pytest.mark.parametrize("version", [None, "0008"])
def test_a_schema_that_is_too_old_is_not(tmp_path: Path, version: str | None) -> None:
    if version:
        migration.sync(Database(f"sqlite:///{tmp_path}/promises.db"), version)
    with testing_keystone.keystone() as keystone:
        status, text = asked(client(tmp_path, keystone.settings))
    assert status == 503
    assert "The schema is too old" in text


def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    with testing_keystone.keystone() as keystone:
        ill = client(
            tmp_path,
            keystone.settings.replace("[database]", ""),
            f"[database]\nconnection = sqlite:////no/where/{tmp_path.name}\n",
        )
        status, text = asked(ill)
    assert status == 503
    assert "The database does not answer" in text


def test_figures_are_shown_where_they_are_asked_for_and_nowhere_else(tmp_path: Path) -> None:
    migration.sync(Database(f"sqlite:///{tmp_path}/promises.db"))
    with testing_keystone.keystone() as keystone:
        shown = client(tmp_path, keystone.settings, MANY)
        asked(shown)
        assert "blazar_spot_api_requests_total" in shown.simulate_get("/metrics").text
        hidden = client(tmp_path, keystone.settings)
        assert hidden.simulate_get("/metrics").status_code == 401
