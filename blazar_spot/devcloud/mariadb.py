# SPDX-License-Identifier: Apache-2.0
"""A private MariaDB: own data directory, own port of 127.0.0.1, no file of the system read or written.

Made to be quick and thrown away: it does not care about a power cut. Next: `template`, which keeps a
data directory with all schemas so that it need not be made again.
"""

import getpass
import shutil
import subprocess
from pathlib import Path

import pymysql

from blazar_spot.devcloud.ports import LOOPBACK
from blazar_spot.devcloud.site import PASSWORD

SCHEMAS = ("keystone", "placement", "glance", "nova_api", "nova", "nova_cell0", "blazar", "blazar_spot")
USER = "devcloud"
INSTALLER = "mariadb-install-db"


def initialise(data: Path) -> None:
    """Make an empty data directory."""
    data.mkdir(parents=True)
    subprocess.run(
        [
            INSTALLER,
            "--no-defaults",
            *_folders(data),
            f"--user={getpass.getuser()}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            "--skip-name-resolve",
            "--innodb-log-file-size=16M",
        ],
        check=True,
        capture_output=True,
    )
    (data / "init.sql").write_text(_init_sql())


def executable() -> str:
    """The server's program, which is often outside a user's path."""
    return shutil.which("mariadbd") or "/usr/sbin/mariadbd"


def command(data: Path, port: int) -> list[str]:
    """The server's command line."""
    return [
        executable(),
        "--no-defaults",
        f"--user={getpass.getuser()}",
        *_folders(data),
        f"--init-file={data / 'init.sql'}",
        f"--bind-address={LOOPBACK}",
        f"--port={port}",
        # Relative to the data directory: a deep path would not fit into a socket's address.
        "--socket=mariadb.sock",
        f"--pid-file={data / 'mariadb.pid'}",
        "--skip-name-resolve",
        "--max-connections=400",
        "--performance-schema=0",
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-log-file-size=16M",
        "--innodb-buffer-pool-size=96M",
        "--character-set-server=utf8mb4",
    ]


def _folders(data: Path) -> list[str]:
    """Whichever server starts removes the temporary tables that it finds, those of running servers as well: none may be
    where others look."""
    return [f"--datadir={data}", f"--tmpdir={data}"]


def answers(port: int) -> bool:
    """Whether the server lets our user in, which is after the init file has run."""
    try:
        pymysql.connect(host=LOOPBACK, port=port, user=USER, password=PASSWORD, database=SCHEMAS[-1]).close()
    except pymysql.MySQLError:
        return False
    return True


def _init_sql() -> str:
    lines = [f"CREATE USER IF NOT EXISTS '{USER}'@'{LOOPBACK}' IDENTIFIED BY '{PASSWORD}';"]
    lines += [f"GRANT ALL ON *.* TO '{USER}'@'{LOOPBACK}';"]
    lines += [f"CREATE DATABASE IF NOT EXISTS {schema};" for schema in SCHEMAS]
    return "\n".join(lines) + "\n"
