# SPDX-License-Identifier: Apache-2.0
"""One service of a running cloud in your hand: for stories in which services fail.

Next: `processes` for what the verbs do to the process, `services` for what the services are.
"""

import signal
import threading

from blazar_spot.devcloud.birth import start_and_wait
from blazar_spot.devcloud.processes import Processes
from blazar_spot.devcloud.services import Service


class RunningService:
    """Stops, starts, kills and freezes one service."""

    def __init__(self, service: Service, processes: Processes) -> None:
        self.name = service.name
        self._service = service
        self._processes = processes

    @property
    def is_alive(self) -> bool:
        return self._processes.is_alive(self.name)

    def stop(self) -> None:
        """Ask it to end, and see that it has."""
        self._processes.stop(self.name)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._processes.kill(self.name)

    def start(self) -> None:
        """Start it and return when it is up; nothing happens if it lives."""
        if not self.is_alive:
            self._processes.kill(self.name)
            start_and_wait(self._processes, self._service, threading.Event())

    def restart(self) -> None:
        self.stop()
        self.start()

    def freeze(self) -> None:
        """Let it hang: it keeps its connections and answers nothing until `thaw`."""
        self._processes.signal(self.name, signal.SIGSTOP)

    def thaw(self) -> None:
        self._processes.signal(self.name, signal.SIGCONT)
