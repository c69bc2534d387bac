# SPDX-License-Identifier: Apache-2.0
"""What is generated and committed is in step with the code it is generated from."""

import pathlib
import subprocess
import sys

import pytest

DRAWING = "doc/source/reclaim-states.svg"
SETTINGS = "etc/blazar-spot/config-generator.conf"
POLICY = "etc/blazar-spot/policy.yaml.sample"
RULES = "etc/blazar-spot/policy-generator.conf"
SAMPLE = "etc/blazar-spot/blazar-spot.conf.sample"


def test_the_sample_configuration_is_in_step(root: pathlib.Path, tmp_path: pathlib.Path) -> None:
    generator = pathlib.Path(sys.executable).with_name("oslo-config-generator")
    fresh = tmp_path / "sample"
    subprocess.run([generator, "--config-file", SETTINGS, "--output-file", fresh], cwd=root, check=True)
    assert fresh.read_text() == (root / SAMPLE).read_text(), f"run: oslo-config-generator --config-file {SETTINGS}"


def test_the_sample_policy_is_in_step(root: pathlib.Path, tmp_path: pathlib.Path) -> None:
    generator = pathlib.Path(sys.executable).with_name("oslopolicy-sample-generator")
    fresh = tmp_path / "sample"
    subprocess.run([generator, "--namespace", "blazar_spot", "--output-file", fresh], cwd=root, check=True)
    assert fresh.read_text() == (root / POLICY).read_text(), f"run: oslopolicy-sample-generator --config-file {RULES}"


def test_the_drawing_of_a_reclaims_life_is_in_step(root: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(root / "tools"))
    import draw_states

    assert draw_states.drawing() == (root / DRAWING).read_text(), "run: python tools/draw_states.py"
