"""What becomes of a cloud whose file is damaged, foreign, from another version, in use, or on a full disk."""

import errno
import os
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import table
from tests.cloud.keeping.crashing import KeptCloud, largest_file
from workshop.clock import AdjustableClock
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.keeping import store
from workshop.cloud.offline.keeping.errors import InUseError, UnavailableError, remedy_of
from workshop.cloud.offline.keeping.keeper import Keeper
from workshop.cloud.offline.keeping.store import Store, companions
from workshop.cloud.offline.keeping.stored_rows import AT_ONCE, ROWS, write_rows
from workshop.errors import ConfigurationError

# The user who owns nothing.
NOBODY = 65534


@pytest.fixture
def cloud(cloud: KeptCloud) -> KeptCloud:
    """A cloud with a table `T`, which has been killed and started again."""
    create_table(cloud.laboratory, "T")
    return cloud


def create_table(laboratory: Laboratory, name: str) -> None:
    laboratory.client("dynamodb").create_table(TableName=name, **table(view=None))


def put(laboratory: Laboratory, key: str, text: str = "") -> None:
    laboratory.client("dynamodb").put_item(TableName="T", Item={"pk": {"S": key}, "text": {"S": text}})


def put_many(laboratory: Laboratory, prefix: str, count: int) -> None:
    for number in range(count):
        put(laboratory, f"{prefix} {number}", "x" * 100_000)


def tables(laboratory: Laboratory) -> list[str]:
    return list(laboratory.client("dynamodb").list_tables()["TableNames"])


def notes(laboratory: Laboratory) -> list[str]:
    assert laboratory.offline is not None
    return list(laboratory.offline.health(1.0)["notes"])


def written_anew(path: Path, statement: str) -> Path:
    """Change the file behind the cloud's back; return its path."""
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()
    return path


def settled(path: Path) -> Path:
    """Have all into the file itself, from the journal and the log beside it; return its path."""
    store = Store(path)
    store.open()
    store.close()
    return written_anew(path, "PRAGMA wal_checkpoint(TRUNCATE)")


DAMAGES = {
    "foreign": lambda path: path.write_bytes(b"<html>not a database</html>" * 400) and path,
    "foreign database": lambda path: written_anew(path, "PRAGMA application_id = 7"),
    "another version": lambda path: written_anew(path, "PRAGMA user_version = 99"),
    "damaged document": lambda path: written_anew(
        path, "UPDATE documents SET content = substr(content, 1, 400) WHERE name LIKE 'resources/%'"
    ),
    "damaged row": lambda path: written_anew(path, "UPDATE rows SET content = substr(content, 2)"),
    "no tables": lambda path: written_anew(path, "DROP TABLE documents"),
    "overwritten": lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\0" * 20_000) and path,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_unreadable_file_is_kept_aside(cloud: KeptCloud, damage: str) -> None:
    """What cannot be read is put aside under a name that a note tells, and the cloud begins empty."""
    put(cloud.laboratory, "a")
    copy = settled(cloud.copied())
    before = DAMAGES[damage](copy).read_bytes()

    cloud.crash(copy)

    assert tables(cloud.laboratory) == []
    [note] = notes(cloud.laboratory)
    aside = Path(re.findall("the file is now `(.*?)`", note)[0])
    assert aside.read_bytes() == before
    assert ("put back for that version" in note) == (damage == "another version")
    create_table(cloud.laboratory, "new")
    cloud.crash()
    assert (tables(cloud.laboratory), notes(cloud.laboratory)) == (["new"], [])


def test_another_version_is_named(cloud: KeptCloud) -> None:
    """The note says which version has written the file and which one this is."""
    copy = cloud.copied()
    cloud.crash(written_anew(copy, "PRAGMA user_version = 99"))

    [note] = notes(cloud.laboratory)

    assert "(format 99, moto" in note
    assert "and this is version" in note


def test_an_empty_file_is_a_new_one(tmp_path: Path) -> None:
    """A file without anything in it is written, and nobody is warned."""
    path = tmp_path / "cloud.state"
    path.touch()
    with Laboratory(kept=path) as laboratory:
        assert notes(laboratory) == []


def test_a_first_start_that_was_killed_is_no_damage(tmp_path: Path) -> None:
    """A file that SQLite has begun, and nobody has filled, is a new one."""
    path = written_anew(tmp_path / "cloud.state", "PRAGMA journal_mode = WAL")
    assert path.stat().st_size > 0
    with Laboratory(kept=path) as laboratory:
        assert notes(laboratory) == []


@pytest.mark.parametrize("count", [1, 7, 2 * AT_ONCE + 3])
def test_rows_of_several_containers_are_written_together(count: int) -> None:
    """However many there are, each is in its place, and what is taken away is gone."""
    wanted = [(place % 4, place, bytes([place % 256])) for place in range(count)]
    changes: dict[int, dict[int, bytes | None]] = {1: {-1: None}}
    for part, key, content in wanted:
        changes.setdefault(part, {})[key] = content
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(ROWS)
        write_rows(connection, {1: {-1: b"old"}})

        write_rows(connection, changes)

        assert sorted(connection.execute("SELECT * FROM rows")) == sorted(wanted)


def test_a_file_has_one_owner(tmp_path: Path) -> None:
    """Two processes never write one file; the second one is told."""
    store = Store(tmp_path / "cloud.state")
    with pytest.raises(InUseError):
        Store(tmp_path / "cloud.state")
    store.close()


def test_a_file_that_cannot_be_opened_is_left_alone(cloud: KeptCloud, tmp_path: Path) -> None:
    """Where the file may hold something, and cannot be opened, no cloud begins empty in its place."""
    path = tmp_path / "folder"
    path.mkdir()

    with pytest.raises(UnavailableError):
        Laboratory(kept=path)

    assert path.is_dir()


def test_a_full_disk_refuses_changes_until_there_is_space(cloud: KeptCloud) -> None:
    """What could not be kept was never acknowledged; reading goes on, and writing as soon as it can."""
    put(cloud.laboratory, "before")

    with largest_file(2_000_000), pytest.raises(ClientError, match="free some space") as caught:
        put_many(cloud.laboratory, "during", 50)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    client = cloud.client("dynamodb")
    assert client.get_item(TableName="T", Key={"pk": {"S": "before"}})["Item"]

    put(cloud.laboratory, "after")
    cloud.crash()
    kept = {item["pk"]["S"] for item in cloud.client("dynamodb").scan(TableName="T")["Items"]}
    assert {"before", "after", "during 0"} <= kept


def test_a_kill_while_the_disk_is_full_costs_nothing(cloud: KeptCloud) -> None:
    """All that was acknowledged before the disk was full is there after a kill, and written again then."""
    acknowledged: set[str] = set()

    def fill() -> None:
        for number in range(50):
            put(cloud.laboratory, f"{number}", "x" * 100_000)
            acknowledged.add(f"{number}")

    with largest_file(2_000_000), pytest.raises(ClientError, match="free some space"):
        fill()

    cloud.crash()

    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName="T")
    assert {item["pk"]["S"] for page in pages for item in page["Items"]} >= acknowledged > set()
    put(cloud.laboratory, "after")


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_may_not_be_written_is_left_alone(cloud: KeptCloud, what: str) -> None:
    """Where the file or its folder is read-only no cloud begins, and what was kept is there afterwards."""
    put(cloud.laboratory, "before")
    copy = settled(cloud.copied())
    cloud.laboratory.close()
    # Not below pytest's folder, which is of no use to anybody but its owner.
    with tempfile.TemporaryDirectory() as name:
        kept = Path(shutil.copy(copy, name))
        with read_only(kept, is_folder_too=what == "folder"), pytest.raises(UnavailableError):
            Keeper(kept, AdjustableClock())
        assert [each.name for each in kept.parent.glob("*.aside-*")] == []
        shutil.copy(kept, copy)

    cloud.laboratory = Laboratory(kept=copy)

    assert cloud.client("dynamodb").scan(TableName="T")["Count"] == 1


@contextmanager
def read_only(path: Path, *, is_folder_too: bool) -> Iterator[None]:
    """Let nobody write a file inside the block, the user who may write everything excepted."""
    is_root = os.geteuid() == 0
    path.chmod(0o444)
    path.parent.chmod(0o555 if is_folder_too else 0o777)
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        path.parent.chmod(0o700)


def test_a_reset_on_a_full_disk(cloud: KeptCloud) -> None:
    """It has been done, though the file may not be smaller yet, or was refused; never something between."""
    outcomes = set()
    for left in range(0, 240_000, 20_000):
        put(cloud.laboratory, "some", "x" * 200_000)
        copy = cloud.copied()
        cloud.crash(copy)
        offline, log = cloud.laboratory.offline, copy.with_name(f"{copy.name}-wal")
        assert offline is not None
        with largest_file(log.stat().st_size + left):
            try:
                offline.reset()
                outcomes.add("done")
            except ConfigurationError as error:
                outcomes.add(str(error)[-15:])
        offline.reset()
        cloud.crash()
        assert tables(cloud.laboratory) == []
        create_table(cloud.laboratory, "T")
    assert outcomes == {"done", "free some space"}


REMEDIES = {
    sqlite3.SQLITE_FULL: "free some space",
    sqlite3.SQLITE_IOERR_WRITE: "free some space",
    sqlite3.SQLITE_READONLY_DBMOVED: "let it be written",
    sqlite3.SQLITE_BUSY: "end what holds it",
    sqlite3.SQLITE_CONSTRAINT: "",
}


@pytest.mark.parametrize("code", REMEDIES)
def test_the_message_says_what_can_be_done(code: int) -> None:
    """A disk is full, a file is protected or held by another program: each calls for something else."""
    error = sqlite3.OperationalError("no")
    error.sqlite_errorcode = code

    assert remedy_of(error).removeprefix(", so ") == REMEDIES[code]


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EFBIG, "free some space"),
        (errno.EACCES, "let it be written"),
    ],
)
def test_the_message_says_it_of_the_journal_too(code: int, remedy: str) -> None:
    """What the system says of a write is told as what SQLite says."""
    assert remedy_of(OSError(code, "no")) == f", so {remedy}"


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody delete a file that is open")
def test_a_cloud_deletes_no_file_but_its_own(tmp_path: Path) -> None:
    """Where its file was deleted and another cloud has begun one, an empty cloud leaves that alone."""
    first = Store(tmp_path / "cloud.state")
    first.open()
    for path in companions(first.path):
        path.unlink(missing_ok=True)
    first.path.write_bytes(b"another one")

    first.close(forget=True)

    assert (tmp_path / "cloud.state").read_bytes() == b"another one"


@pytest.mark.skipif(os.name == "nt", reason="Windows lets nobody move a file that is open")
def test_a_file_that_was_moved_refuses_changes(
    cloud: KeptCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once that is seen, no change is acknowledged that no start would find; put back, it is written."""
    monkeypatch.setattr(store, "LOOK_SECONDS", 0.0)
    put(cloud.laboratory, "before")
    moved = cloud.path.rename(tmp_path / "moved")

    with pytest.raises(ClientError, match="moved or deleted"):
        put_many(cloud.laboratory, "during", 2)
    assert tables(cloud.laboratory) == ["T"]

    moved.rename(cloud.path)
    put(cloud.laboratory, "after")
    cloud.crash()
    kept = {item["pk"]["S"] for item in cloud.client("dynamodb").scan(TableName="T")["Items"]}
    assert {"before", "after"} <= kept


def test_a_reset_is_kept(cloud: KeptCloud) -> None:
    """After a reset a crash brings nothing back, and the file has become small."""
    put_many(cloud.laboratory, "some", 20)
    assert cloud.laboratory.offline is not None
    cloud.laboratory.offline.reset()
    size = sum(path.stat().st_size for path in cloud.path.parent.glob(f"{cloud.path.name}*"))

    cloud.crash()

    assert tables(cloud.laboratory) == []
    assert size < 500_000


def test_a_file_stays_only_if_there_is_something_in_it(cloud: KeptCloud) -> None:
    """A cloud that ends empty, since it was reset or nobody used it, leaves no file; any other one does."""
    put_many(cloud.laboratory, "some", 2)
    cloud.crash()
    cloud.laboratory.close()
    assert cloud.path.exists()

    cloud.laboratory = Laboratory(kept=cloud.path)
    assert cloud.laboratory.offline is not None
    cloud.laboratory.offline.reset()
    assert tables(cloud.laboratory) == []
    cloud.laboratory.close()
    assert not cloud.path.exists()

    cloud.laboratory = Laboratory(kept=cloud.path)
    assert tables(cloud.laboratory) == []
    cloud.laboratory.close()
    assert not cloud.path.exists()


def test_time_goes_on_although_the_machines_clock_was_set_back(cloud: KeptCloud) -> None:
    """A cloud begins no earlier than at its last commit, however early the machine says that it is."""
    cloud.laboratory.close()
    clock = AdjustableClock()
    ended = clock.now() + 3600
    os.utime(cloud.path, (ended, ended))

    Keeper(cloud.path, clock).close()

    assert ended <= clock.now() < ended + 600


def test_what_is_kept_can_be_put_back(cloud: KeptCloud, tmp_path: Path) -> None:
    """A copy of the file is a copy of the cloud."""
    put(cloud.laboratory, "a")
    copy = shutil.copytree(cloud.copied().parent, tmp_path / "copy")
    put(cloud.laboratory, "b")

    cloud.crash(copy / "1.state")

    found = cloud.client("dynamodb").scan(TableName="T")["Items"]
    assert [item["pk"]["S"] for item in found] == ["a"]
