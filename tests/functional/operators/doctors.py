# SPDX-License-Identifier: Apache-2.0
"""The doctor, with its command and without, and configurations that are wrong in one place."""

import subprocess
from pathlib import Path

from blazar_spot import conf as configuration
from blazar_spot import wiring
from blazar_spot.core.findings import Finding
from blazar_spot.devcloud.services import script
from blazar_spot.doctor.checkup import CHECKS, examine
from blazar_spot.doctor.patient import Patient

PATIENCE_SECONDS = 120


def asked(file: Path) -> subprocess.CompletedProcess[str]:
    """The command, which answers in JSON."""
    command = [script("blazar-spot-manage"), "--config-file", str(file), "doctor", "-f", "json"]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)


def wrong(file: Path) -> dict[str, Finding]:
    """What the doctor finds wrong, by check."""
    return {one.check: one for one in examine(_patient(file)) if one.is_wrong}


def wrong_by(check: str, file: Path) -> list[Finding]:
    """What one check alone finds wrong."""
    return [one for one in CHECKS[check](_patient(file)) if one.is_wrong]


def _patient(file: Path) -> Patient:
    return wiring.patient(configuration.load(files=[str(file)]))


def changed(file: Path, folder: Path, section: str, option: str, value: str) -> Path:
    """A file that says the same but for this."""
    lines, inside = [], False
    for line in file.read_text().splitlines():
        inside = line == f"[{section}]" if line.startswith("[") else inside
        if not (inside and line.partition("=")[0].strip() == option):
            lines.append(line)
        if line == f"[{section}]":
            lines.append(f"{option} = {value}")
    other = folder / "other.conf"
    other.write_text("\n".join(lines) + "\n")
    return other
