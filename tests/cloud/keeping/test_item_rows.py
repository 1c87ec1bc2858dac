"""The rows in which the items of a table are kept: numbered as items come, whatever their keys."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.cloud.offline.keeping import rows as rows_module
from workshop.cloud.offline.keeping.packing import unpack
from workshop.cloud.offline.keeping.rows import Items
from workshop.cloud.offline.overlay.dynamodb.attribute_values import value_of
from workshop.cloud.offline.overlay.dynamodb.keys import Place
from workshop.cloud.offline.overlay.dynamodb.operations import _item

NUMBER = 100
Rows = dict[int | str, bytes]


def text(content: str) -> Any:
    return value_of("S", content)


def put(items: Items, key: str, sort: str | None = None, content: str = "") -> None:
    hash_key, range_key = text(key), None if sort is None else text(sort)
    stored = _item(Place(None, hash_key, range_key), {"content": text(content)}, None)
    if range_key is None:
        items[hash_key] = stored
    else:
        items[hash_key][range_key] = stored


def write(rows: Rows, items: Items) -> None:
    """Write what has changed, as the file does."""
    for row, content in items.changes():
        if content is None:
            del rows[row]
        else:
            rows[row] = content


def restored(rows: Rows) -> Items:
    items = Items(NUMBER)
    items.restore(sorted(rows.items(), key=lambda entry: (isinstance(entry[0], str), entry[0])))
    return items


def contents(items: Items) -> dict[tuple[str, ...], str]:
    """Return what each item holds, by its keys."""
    found = {}
    for one in items.values():
        for item in one.values() if isinstance(one, dict) else [one]:
            keys = (key.value for key in (item.hash_key, item.range_key) if key is not None)
            found[tuple(keys)] = item.attrs["content"].value
    return found


def test_an_item_keeps_its_row() -> None:
    """New items come behind all others, a change stays where the item is, and what is gone leaves its row."""
    items, rows = Items(NUMBER), Rows()
    put(items, "b")
    put(items, "a")
    write(rows, items)
    put(items, "b", content="changed")
    write(rows, items)
    del items[text("a")]
    write(rows, items)
    put(items, "a")
    write(rows, items)

    assert {row: unpack(content)[0][1] for row, content in rows.items()} == {0: "b", 2: "a"}


@pytest.mark.parametrize("sort", [None, "1"])
def test_rows_that_are_named_by_their_keys_stay(sort: str | None) -> None:
    """An item of a file that an older version has begun is changed, and taken away, in the row it has."""
    old, rows = Items(NUMBER), Rows()
    put(old, "a", sort)
    put(old, "b", sort)
    write(rows, old)
    items = restored({f"[('S', '{row}')]": content for row, content in rows.items()})

    put(items, "a", sort, "changed")
    put(items, "c", sort)
    changed = dict(items.changes())
    items.clear()

    assert changed.keys() == {"[('S', '0')]", 0}
    assert dict(items.changes()) == {"[('S', '0')]": None, "[('S', '1')]": None, 0: None}


def test_what_cannot_be_packed_is_still_to_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever fails to write asks again, and hears of all that has changed, also of what is gone."""
    items, rows = Items(NUMBER), Rows()
    put(items, "a")
    put(items, "b")
    write(rows, items)
    del items[text("a")]
    put(items, "b", content="changed")

    with monkeypatch.context() as patched:
        patched.setattr(rows_module, "pack", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            items.changes()

    write(rows, items)
    assert contents(restored(rows)) == {("b",): "changed"}


@given(
    st.booleans(),
    st.lists(st.tuples(st.sampled_from(["put", "delete", "write", "restart"]), st.sampled_from("abcd"))),
)
def test_rows_hold_what_the_table_holds(is_sorted: bool, steps: list[tuple[str, str]]) -> None:
    """Whatever is put and taken away, written and read again, the rows have each item once."""
    items, rows = Items(NUMBER), Rows()
    for number, (step, key) in enumerate(steps):
        hash_key, sort = ("h", key) if is_sorted else (key, None)
        if step == "put":
            put(items, hash_key, sort, str(number))
        elif step == "delete" and sort is not None:
            items[text(hash_key)].pop(text(sort), None)
        elif step == "delete":
            items.pop(text(hash_key), None)
        else:
            write(rows, items)
            assert len(rows) == len(contents(items))
            items = restored(rows) if step == "restart" else items

    write(rows, items)

    assert contents(restored(rows)) == contents(items)
    assert len(rows) == len(contents(items))
