# SPDX-License-Identifier: Apache-2.0
"""What is installed in guests runs in old ones, and cloud-init is told to install exactly that."""

import base64
import configparser
import gzip
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "guest/spot_watch.py"
UNIT = ROOT / "guest/spot-watch.service"
INSIDE = [PROGRAM, ROOT / "examples/hooks/checkpoints.py"]


def user_data(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "guest/user_data.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def files(text: str) -> dict[str, tuple[str, str]]:
    """What is written where, and with which permissions."""
    found: list[dict[str, Any]] = yaml.safe_load(text)["write_files"]
    assert {one["encoding"] for one in found} == {"gz+b64"}
    return {
        one["path"]: (gzip.decompress(base64.b64decode(one["content"])).decode(), one["permissions"]) for one in found
    }


@pytest.mark.parametrize("path", INSIDE, ids=lambda path: path.name)
def test_what_runs_in_guests_needs_no_more_than_python_38(path: Path) -> None:
    vermin = [Path(sys.executable).with_name("vermin"), "--target=3.8-", "--violations", "--no-tips", path]
    ruff = [Path(sys.executable).with_name("ruff"), "check", "--no-cache", "--isolated", "--target-version=py38"]
    assert subprocess.run(vermin, check=False).returncode == 0
    assert subprocess.run([*ruff, "--select=E9", path], check=False).returncode == 0


def test_what_is_too_new_is_seen(tmp_path: Path) -> None:
    new = tmp_path / "new.py"
    new.write_text('print("a".removeprefix("a"))\n')
    vermin = [Path(sys.executable).with_name("vermin"), "--target=3.8-", "--violations", new]
    assert subprocess.run(vermin, check=False, capture_output=True).returncode != 0


def test_it_imports_nothing_but_the_standard_library() -> None:
    command = [sys.executable, "-I", "-S", str(PROGRAM), "--help"]
    assert subprocess.run(command, capture_output=True, check=False, cwd="/").returncode == 0


def test_cloud_init_installs_the_program_its_unit_and_the_hooks() -> None:
    hook = ROOT / "examples/hooks/slurm"
    done = user_data(str(hook), "--options=--imminent 120")
    assert done.returncode == 0
    assert done.stdout.startswith("#cloud-config\n")
    assert files(done.stdout) == {
        "/usr/local/sbin/spot-watch": (PROGRAM.read_text(), "0755"),
        "/etc/systemd/system/spot-watch.service": (UNIT.read_text(), "0644"),
        "/etc/spot-watch/environment": ("SPOT_WATCH_OPTIONS=--imminent 120\n", "0600"),
        "/etc/spot-watch/hooks.d/slurm": (hook.read_text(), "0755"),
    }
    commands = yaml.safe_load(done.stdout)["runcmd"]
    assert commands[-1] == ["systemctl", "enable", "--now", "spot-watch.service"]


def test_the_same_is_printed_each_time_and_fits_into_user_data() -> None:
    hooks = [str(ROOT / "examples/hooks" / name) for name in ("checkpoint", "kubernetes", "slurm")]
    first, second = user_data(*hooks), user_data(*hooks)
    assert first.stdout == second.stdout
    assert len(base64.b64encode(first.stdout.encode())) < 30_000


def test_what_nova_would_not_take_is_refused(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(os.urandom(60_000))
    done = user_data(str(large))
    assert (done.returncode, done.stdout) == (2, "")


def test_the_unit_starts_what_cloud_init_installs() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text())
    assert unit["Service"]["ExecStart"] == "/usr/local/sbin/spot-watch $SPOT_WATCH_OPTIONS"
    assert unit["Service"]["StateDirectory"] == "spot-watch"
    assert unit["Service"]["EnvironmentFile"] == "-/etc/spot-watch/environment"
