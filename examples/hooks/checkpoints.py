# SPDX-License-Identifier: Apache-2.0
"""A training job's part in the hook "checkpoint": it is told that a checkpoint is wanted, and says that it is saved.

    wishes = Wishes(Path("/run/training"))
    for batch in batches:
        train(batch)
        if wishes.is_wanted:
            torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, "model.new")
            os.replace("model.new", "model.pt")  # what is cut off by the end leaves the one before
            wishes.grant()

A signal interrupts no step: it is only remembered. With several processes let one of them be told, and have it tell the
others between two steps, for all have to save the same one.
"""

import os
import signal
from pathlib import Path
from typing import Any


class Wishes:
    """What the hook wishes from this process, which must be the main thread's to hear of it."""

    def __init__(self, folder: Path) -> None:
        self._saved = folder / "saved"
        self.is_wanted = False
        signal.signal(signal.SIGUSR1, self._wish)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pid.new").write_text(f"{os.getpid()}\n")
        os.replace(folder / "pid.new", folder / "pid")

    def grant(self) -> None:
        """The checkpoint is on disk."""
        self.is_wanted = False
        self._saved.touch()

    def _wish(self, _number: int, _frame: Any) -> None:
        self.is_wanted = True
