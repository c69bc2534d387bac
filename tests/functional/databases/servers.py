# SPDX-License-Identifier: Apache-2.0
"""Private database servers for tests: a free port of 127.0.0.1, files below /tmp, nothing of the system touched.

Data goes to disk whenever the kernel likes, since nobody wants it back.
"""

import getpass
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from itertools import count
from pathlib import Path

import psycopg2
import pymysql

from blazar_spot.devcloud import mariadb
from blazar_spot.devcloud.ports import LOOPBACK, free_ports
from blazar_spot.devcloud.site import PASSWORD
from blazar_spot.devcloud.waiting import wait_until

PATIENCE_SECONDS = 120


class Server(ABC):
    """One server that can be killed and started again on the same port and data."""

    stop_signal = signal.SIGTERM

    def __init__(self) -> None:
        self.port = free_ports(["database"])["database"]
        self.folder = Path(tempfile.mkdtemp(prefix="blazar-spot-database-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)

    @abstractmethod
    def initialise(self) -> None:
        """Make the data directory."""

    @abstractmethod
    def launch(self) -> subprocess.Popen[bytes]:
        """Start the program."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server takes connections."""

    @abstractmethod
    def make_database(self, name: str) -> str:
        """Make an empty database; its connection URL."""

    def start(self) -> None:
        process = self._process = self.launch()
        wait_until(lambda: self.answers() or process.poll() is not None, "the server answers", at_most=PATIENCE_SECONDS)
        assert process.poll() is None, self.log.read_text(errors="replace")[-2000:]

    def kill(self) -> None:
        """As a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)

    def remove(self) -> None:
        """Stop it, however far it came, and leave nothing behind."""
        try:
            if self._process is not None:
                self._stop(self._process)
        finally:
            shutil.rmtree(self.folder)

    def _stop(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(self.stop_signal)
        try:
            process.wait(PATIENCE_SECONDS)
        finally:
            process.kill()
            process.wait()

    def new_database(self) -> str:
        """The connection URL of a database that nobody has used."""
        return self.make_database(f"spot_{next(self._numbers)}")

    @property
    def log(self) -> Path:
        return self.folder / "server.log"


class MariaDB(Server):
    """As the dev cloud starts it, but what was committed outlives the process, as it must for anybody who cares."""

    def initialise(self) -> None:
        mariadb.initialise(self.folder / "data")

    def launch(self) -> subprocess.Popen[bytes]:
        command = [*mariadb.command(self.folder / "data", self.port), "--innodb-flush-log-at-trx-commit=2"]
        with self.log.open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)

    def answers(self) -> bool:
        return mariadb.answers(self.port)

    def make_database(self, name: str) -> str:
        """With the poorest character set there is: ours must not depend on what the operator chose."""
        server = pymysql.connect(host=LOOPBACK, port=self.port, user=mariadb.USER, password=PASSWORD)
        with server, server.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name} CHARACTER SET latin1")
        return f"mysql+pymysql://{mariadb.USER}:{PASSWORD}@{LOOPBACK}:{self.port}/{name}"


class PostgreSQL(Server):
    """Under another account if we are root, which it refuses to run as."""

    stop_signal = signal.SIGINT
    """At SIGTERM it would wait for everybody to leave."""

    def initialise(self) -> None:
        self.account = "postgres" if os.geteuid() == 0 else getpass.getuser()
        shutil.chown(self.folder, self.account)
        self._run("initdb", "--pgdata=data", "--username=spot", "--auth=trust", "--no-sync", *_LETTERS_OF_A_LANGUAGE)

    def launch(self) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 400,
            "fsync": "off",
        }
        arguments = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [_program("postgres"), "-D", "data", *arguments],
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=self.folder,
                **self._identity(),
            )

    def answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def make_database(self, name: str) -> str:
        server = self._connect()
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        server.close()
        return f"postgresql+psycopg2://spot@{LOOPBACK}:{self.port}/{name}"

    def _connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(host=LOOPBACK, port=self.port, user="spot", dbname="postgres")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_program(program), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            **self._identity(),
        )
        assert done.returncode == 0, done.stderr

    def _identity(self) -> dict[str, object]:
        if os.geteuid() != 0:
            return {}
        account = pwd.getpwnam(self.account)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


_LETTERS_OF_A_LANGUAGE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")
"""A database that sorts as people do, so that a test sees what must sort by bytes and does not."""


def _program(name: str) -> str:
    """Debian keeps the programs of each version apart and out of the way."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    return shutil.which(name) or str(found[-1])
