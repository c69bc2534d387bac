# SPDX-License-Identifier: Apache-2.0
"""``blazar-spot-manage doctor``: everything looked at, nothing changed, and one sentence for each thing to put right.

As JSON it is ``{"findings": [{"check", "grade", "found", "fix"}]}``. Exit status 1 if anything is bad or could not be
looked at.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from oslo_config import cfg

from blazar_spot import wiring
from blazar_spot.core.errors import NotNow
from blazar_spot.core.findings import Finding
from blazar_spot.doctor.checkup import examine


def doctor(conf: cfg.ConfigOpts) -> str:
    """Tell what is found; raises ``NotNow`` if anything is wrong."""
    findings = list(_told(examine(wiring.patient(conf)), is_said=conf.command.format == "text"))
    if conf.command.format == "json":
        print(json.dumps({"findings": [asdict(one) for one in findings]}, indent=2))
    wrong = sum(finding.is_wrong for finding in findings)
    if wrong:
        raise NotNow(f"{wrong} of {len(findings)} findings are wrong")
    return "" if conf.command.format == "json" else "Nothing is wrong."


def _told(findings: Iterable[Finding], *, is_said: bool) -> Iterator[Finding]:
    """Each one is said as soon as it is found: looking takes its time where somebody does not answer."""
    for finding in findings:
        if is_said:
            print(f"{finding.grade.upper():8}{finding.check:14}{finding.found}", flush=True)
            if finding.fix:
                print(f"{'':22}-> {finding.fix}", flush=True)
        yield finding
