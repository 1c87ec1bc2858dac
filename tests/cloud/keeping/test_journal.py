"""The journal of the newest commits: after a kill at any moment each commit is there, once, in its order."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from workshop.clock import ManualClock
from workshop.cloud.offline.keeping import store as store_module
from workshop.cloud.offline.keeping.journal import LARGE_BYTES, MOST_BYTES, Journal
from workshop.cloud.offline.keeping.keeper import Keeper
from workshop.cloud.offline.keeping.packing import pack
from workshop.cloud.offline.keeping.store import FORMAT, Store, companions

PART = 100


class Killed(BaseException):
    """What stands for a `kill -9`."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An open file without any rows."""
    store = Store(tmp_path / "cloud.state")
    store.open()
    yield store
    with suppress(sqlite3.Error):
        store.close()


def write(store: Store, *keys: str) -> None:
    """Make a commit for each key."""
    for key in keys:
        store.write({PART: {key: pack(key)}}, (), {})


def journal_of(path: Path) -> Path:
    return companions(path)[-1]


def copied(store: Store, name: str = "copy") -> Path:
    """Return what a kill at this moment leaves."""
    copy = store.path.with_name(name)
    for old, new in zip(companions(store.path), companions(copy), strict=True):
        new.unlink(missing_ok=True)
        if old.exists() and not old.name.endswith("-shm"):
            shutil.copyfile(old, new)
    return copy


def found(path: Path) -> tuple[list[str], Path | None]:
    """Return the keys that are there when a file is opened, and where its journal was set aside."""
    store = Store(path)
    store.open()
    keys = [key for key, _ in store.rows(PART)]
    store.close()
    return keys, store.set_aside


def test_what_is_only_in_the_journal_survives(store: Store) -> None:
    """A commit is there after a kill although the file itself has not got it yet."""
    write(store, "a", "b")
    store.write({PART: {"a": None, "c": pack("c")}}, (), {})

    assert list(store.rows(PART)) == []
    assert found(copied(store)) == (["b", "c"], None)


def test_a_document_takes_the_journal_along(store: Store) -> None:
    """What is written with documents comes after all that was written before."""
    write(store, "a", "b")

    store.write({PART: {"b": None}}, (), {"resources/s": b"document"})

    assert [key for key, _ in store.rows(PART)] == ["a"]
    assert found(copied(store)) == (["a"], None)


def test_a_container_that_goes_takes_its_newest_rows_along(store: Store) -> None:
    """Nothing that the journal has of a container is there after it was dropped."""
    write(store, "a")

    store.write({}, [PART], {})

    assert found(copied(store)) == ([], None)


def test_the_journal_stays_small(store: Store) -> None:
    """It is taken over when it has grown to its limit, and what is large never goes there."""
    journal, sizes = journal_of(store.path), []
    for number in range(60):
        store.write({PART: {number: bytes(LARGE_BYTES // 2)}}, (), {})
        sizes.append(journal.stat().st_size)
    before = sizes[-1]
    store.write({PART: {"large": bytes(LARGE_BYTES + 1)}}, (), {})

    assert MOST_BYTES / 2 < max(sizes) < MOST_BYTES + LARGE_BYTES
    assert before > journal.stat().st_size == 0
    assert len(found(copied(store))[0]) == 61


def test_what_was_taken_over_is_not_taken_over_again(store: Store) -> None:
    """A kill when the file has the commits, and the journal still has them too, brings nothing back."""
    write(store, "a")
    journal = journal_of(store.path).read_bytes()
    store.write({PART: {"a": None}}, (), {"resources/s": b"document"})

    copy = copied(store)
    journal_of(copy).write_bytes(journal)

    assert found(copy) == ([], None)


@pytest.mark.parametrize("moment", ["write_rows", "Journal.begin"])
def test_taking_over_can_be_interrupted(store: Store, moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kill while the journal is taken over, also at a start, loses nothing and repeats nothing."""
    write(store, "a", "b")
    copy = copied(store)

    def kill(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        owner, name = (Journal, "begin") if "." in moment else (store_module, moment)
        patched.setattr(owner, name, kill)
        with pytest.raises(Killed):
            store.settle()
        first = copied(store, "first")
        started = Store(copy)
        with pytest.raises(Killed):
            started.open()
        second = copied(started, "second")
    started.close()

    assert found(first) == found(second) == (["a", "b"], None)


def test_a_damaged_end_is_kept_aside(store: Store) -> None:
    """Wherever the newest commit breaks off, all before it are there, and its bytes are kept under a name."""
    write(store, "a")
    first = journal_of(store.path).stat().st_size
    write(store, "b")
    whole = journal_of(store.path).read_bytes()
    for length in range(first + 1, len(whole)):
        copy = copied(store)
        journal_of(copy).write_bytes(whole[:length])

        keys, aside = found(copy)

        assert keys == ["a"]
        assert aside is not None
        assert aside.read_bytes() == whole[:length]
    assert found(copied(store)) == (["a", "b"], None)


def test_nothing_comes_after_a_gap(store: Store) -> None:
    """Behind a commit that is damaged nothing is taken over, however whole it is."""
    write(store, "a", "b", "c")
    copy = copied(store)
    content = journal_of(copy).read_bytes()
    journal_of(copy).write_bytes(content.replace(pack("b"), pack("x")))

    keys, aside = found(copy)

    assert keys == ["a"]
    assert aside is not None


def left_by_a_power_cut(store: Store) -> Path:
    """Return files of which the state has lost its newest transaction, and the journal what was before it."""
    write(store, "a")
    before = copied(store)
    store.settle()
    write(store, "b")
    shutil.copyfile(journal_of(store.path), journal_of(before))
    return before


def of_another_file(store: Store) -> Path:
    """Return a file beside which another one's journal lies."""
    other = Store(store.path.with_name("other"))
    other.open()
    write(other, "b")
    write(store, "a")
    store.settle()
    copy = copied(store)
    shutil.copyfile(journal_of(other.path), journal_of(copy))
    other.close()
    return copy


@pytest.mark.parametrize(("damage", "keys"), [(left_by_a_power_cut, []), (of_another_file, ["a"])])
def test_a_journal_that_does_not_follow_is_kept_aside(
    store: Store, damage: Callable[[Store], Path], keys: list[str]
) -> None:
    """Nothing of a journal is taken over unless the file has what came before."""
    copy = damage(store)
    content = journal_of(copy).read_bytes()

    found_keys, aside = found(copy)

    assert found_keys == keys
    assert aside is not None
    assert aside.read_bytes() == content


def test_a_damaged_journal_is_told(store: Store) -> None:
    """Whoever starts the cloud reads that newest changes are gone, and where they are."""
    write(store, "a")
    copy = copied(store)
    journal_of(copy).write_bytes(journal_of(copy).read_bytes()[:-1])

    keeper = Keeper(copy, ManualClock())

    [note] = keeper.notes
    assert "the newest changes" in note
    assert str(next(copy.parent.glob("*-newest.aside-*"))) in note
    keeper.close()


@pytest.mark.parametrize("older", [5, 6])
def test_what_older_versions_have_kept_is_read(store: Store, older: int) -> None:
    """It is there, also from the version that had no journal, and is of this version afterwards."""
    write(store, "a")
    store.settle()
    store.close()
    with closing(sqlite3.connect(store.path, isolation_level=None)) as connection:
        connection.execute(f"PRAGMA user_version = {older}")
        if older == 5:
            connection.execute("DELETE FROM documents WHERE name = 'journal'")

    assert found(store.path) == (["a"], None)
    with closing(sqlite3.connect(store.path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (FORMAT,)
    assert found(store.path) == (["a"], None)


def test_a_closed_file_is_one(store: Store) -> None:
    """Whoever has ended in order leaves all in the file itself."""
    write(store, "a")

    store.close()

    assert not journal_of(store.path).exists()
    assert found(store.path) == (["a"], None)
