# SPDX-License-Identifier: Apache-2.0
"""The hooks in examples/hooks: what they ask of Slurm, of Kubernetes and of a training job. The programs that they call
are stand-ins that note how they were called and say what the real ones say."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from blazar_spot.devcloud.waiting import wait_until

ROOT = Path(__file__).parents[3]
HOOKS = ROOT / "examples/hooks"
SCRIPTS = ["checkpoint", "kubernetes", "slurm"]
NODE = """NodeName=gpu-1 Arch=x86_64 CoresPerSocket=4
   CPUAlloc=8 CPUEfctv=8 CPUTot=8 CPULoad=0.10
   OS=Linux 6.1.0-18-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)
   State=IDLE+DRAIN ThreadsPerCore=2 TmpDisk=0 Weight=1 Owner=N/A MCS_label=N/A
   Reason={reason} [root@2027-01-15T08:00:01]
"""
PATIENCE_SECONDS = 20
TRAINING = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from checkpoints import Wishes
wishes = Wishes(Path(sys.argv[2]))
for step in range(2000):
    time.sleep(0.01)
    if wishes.is_wanted and sys.argv[3] != "deaf":
        if sys.argv[3] == "dies":
            sys.exit(1)
        Path(sys.argv[2], "model.pt").write_text(str(step))
        wishes.grant()
"""


class Node:
    """A node on which a hook is run, with stand-ins first on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._programs = folder / "bin"
        self._programs.mkdir()
        self._record = folder / "record"
        self.stand_in("hostname", "echo gpu-1")

    def stand_in(self, name: str, script: str = "") -> None:
        path = self._programs / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >>{self._record}\n{script}\n')
        path.chmod(0o755)

    def run(self, hook: str, news: str, **environment: str) -> int:
        known = {"SPOT_DEADLINE": "2027-01-15T08:15:00Z", "SPOT_SECONDS_LEFT": "900", "SPOT_TIMEOUT": "600"}
        path = {"PATH": f"{self._programs}:{os.environ['PATH']}"}
        done = subprocess.run([HOOKS / hook, news], env=known | path | environment, check=False, timeout=60)
        return done.returncode

    @property
    def calls(self) -> list[str]:
        """Without those for the host's name."""
        lines = self._record.read_text().splitlines() if self._record.exists() else []
        return [line for line in lines if not line.startswith("hostname")]


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_every_hook_is_tried() -> None:
    found = {path.name for path in HOOKS.iterdir() if os.access(path, os.X_OK) and path.is_file()}
    assert found == set(SCRIPTS)


@pytest.mark.parametrize("news", ["scheduled", "rescheduled"])
def test_slurm_sends_no_more_jobs_once_the_end_is_known(node: Node, news: str) -> None:
    node.stand_in("scontrol")
    assert node.run("slurm", news) == 0
    assert node.calls == ["scontrol update nodename=gpu-1 state=drain reason=spot: ends at 2027-01-15T08:15:00Z"]


@pytest.mark.parametrize(("reason", "is_ours"), [("spot: ends at 2027", True), ("bad memory", False), ("", False)])
def test_slurm_takes_back_only_what_the_hook_has_closed(node: Node, reason: str, is_ours: bool) -> None:
    node.stand_in("scontrol", f'[ "$1" = update ] || cat <<"END"\n{NODE.format(reason=reason)}END')
    assert node.run("slurm", "withdrawn", SLURM_NODE="other") == 0
    expected = ["scontrol update nodename=other state=resume"] if is_ours else []
    assert node.calls == ["scontrol show node other", *expected]


def test_slurm_queues_again_what_still_runs_when_the_end_is_near(node: Node) -> None:
    node.stand_in("squeue", "printf '17\\n18\\n19\\n'")
    node.stand_in("scontrol", '[ "$2" != 18 ]')
    assert node.run("slurm", "imminent") == 0
    assert node.calls == [
        "squeue --noheader --nodelist=gpu-1 --states=running --format=%A",
        "scontrol requeue 17",
        "scontrol requeue 18",
        "scontrol requeue 19",
    ]


@pytest.mark.parametrize("news", ["scheduled", "withdrawn", "imminent", "something"])
@pytest.mark.parametrize("hook", ["slurm", "kubernetes"])
def test_a_hook_fails_when_its_program_does(node: Node, hook: str, news: str) -> None:
    for program in ("scontrol", "squeue", "kubectl"):
        node.stand_in(program, "exit 1")
    assert node.run(hook, news) != 0


SHOW = "kubectl get node gpu-1 --output jsonpath="
ENDS = "blazar-spot/ends-at"
DRAIN = "kubectl drain gpu-1 --ignore-daemonsets --delete-emptydir-data --force"


def kubectl(node: Node, *, cordoned: str = "", ends: str = "") -> None:
    node.stand_in("kubectl", f"case $5 in *unsched*) printf '{cordoned}' ;; *annot*) printf '{ends}' ;; esac")


@pytest.mark.parametrize(("left", "patience"), [("900", 590), ("300", 300)])
def test_kubernetes_drains_the_node_as_long_as_there_is_time(node: Node, left: str, patience: int) -> None:
    kubectl(node)
    assert node.run("kubernetes", "scheduled", SPOT_SECONDS_LEFT=left) == 0
    assert node.calls == [
        f"{SHOW}{{.spec.unschedulable}}",
        f"{SHOW}{{.metadata.annotations.{ENDS}}}",
        f"kubectl annotate node gpu-1 --overwrite {ENDS}=2027-01-15T08:15:00Z",
        "kubectl cordon gpu-1",
        f"{DRAIN} --timeout={patience}s",
    ]


def test_kubernetes_does_not_call_ours_what_somebody_else_has_cordoned(node: Node) -> None:
    kubectl(node, cordoned="true")
    assert node.run("kubernetes", "scheduled") == 0
    assert not any("annotate" in call for call in node.calls)


def test_kubernetes_marks_a_later_end_of_what_is_ours(node: Node) -> None:
    kubectl(node, cordoned="true", ends="2027-01-15T08:10:00Z")
    assert node.run("kubernetes", "rescheduled") == 0
    assert f"kubectl annotate node gpu-1 --overwrite {ENDS}=2027-01-15T08:15:00Z" in node.calls


@pytest.mark.parametrize("ends", ["2027-01-15T08:15:00Z", ""])
def test_kubernetes_uncordons_only_what_is_ours(node: Node, ends: str) -> None:
    kubectl(node, cordoned="true", ends=ends)
    assert node.run("kubernetes", "withdrawn") == 0
    expected = ["kubectl uncordon gpu-1", f"kubectl annotate node gpu-1 {ENDS}-"] if ends else []
    assert node.calls == [f"{SHOW}{{.metadata.annotations.{ENDS}}}", *expected]


@pytest.mark.parametrize(("left", "grace"), [("60", 45), ("10", 5), ("0", 5)])
def test_kubernetes_ends_what_is_left_with_the_grace_that_is_left(node: Node, left: str, grace: int) -> None:
    kubectl(node)
    assert node.run("kubernetes", "imminent", SPOT_SECONDS_LEFT=left) == 0
    assert node.calls == [f"{DRAIN} --disable-eviction --grace-period={grace} --timeout={grace + 10}s"]


@contextmanager
def training(folder: Path, how: str) -> Iterator[None]:
    """A job that has the part in checkpoints.py."""
    command = [sys.executable, "-c", TRAINING, str(HOOKS), str(folder), how]
    with subprocess.Popen(command) as process:
        try:
            wait_until((folder / "pid").exists, "the job runs", at_most=PATIENCE_SECONDS)
            yield
        finally:
            process.kill()


@pytest.mark.parametrize("news", ["scheduled", "imminent"])
def test_a_training_job_saves_a_checkpoint(node: Node, news: str) -> None:
    with training(node.folder, "saves"):
        assert node.run("checkpoint", news, CHECKPOINT_FOLDER=str(node.folder)) == 0
        first = int((node.folder / "model.pt").read_text())
        assert node.run("checkpoint", news, CHECKPOINT_FOLDER=str(node.folder)) == 0
        assert int((node.folder / "model.pt").read_text()) > first


@pytest.mark.parametrize("how", ["dies", "deaf"])
def test_a_checkpoint_that_was_not_saved_is_a_failure(node: Node, how: str) -> None:
    (node.folder / "saved").touch()
    with training(node.folder, how):
        assert node.run("checkpoint", "scheduled", CHECKPOINT_FOLDER=str(node.folder), SPOT_SECONDS_LEFT="2") == 1


@pytest.mark.parametrize("news", ["rescheduled", "withdrawn"])
def test_a_job_is_not_asked_when_its_end_is_further_away(node: Node, news: str) -> None:
    with training(node.folder, "saves"):
        assert node.run("checkpoint", news, CHECKPOINT_FOLDER=str(node.folder)) == 0
    assert not (node.folder / "saved").exists()


def test_where_nothing_is_trained_nothing_can_be_lost(node: Node) -> None:
    assert node.run("checkpoint", "scheduled", CHECKPOINT_FOLDER=str(node.folder)) == 0
