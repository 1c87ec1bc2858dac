"""The stream of a table, read by a command."""

from itertools import chain, repeat
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.pipeline.table_changes import EMPTY_PAGES_ON_AWS, read_pages

OPEN, CLOSED = {"Records": [], "NextShardIterator": "next"}, {"Records": []}


def page(*records: str) -> dict[str, Any]:
    return {"Records": [*records], "NextShardIterator": "next"}


def read(*pages: dict[str, Any], offline: bool = False) -> tuple[list[str], int]:
    """Read a shard that answers with these pages and stays as the last one; return records and calls."""
    answers, calls = chain(pages, repeat(pages[-1])), []

    def get_records(**request: Any) -> dict[str, Any]:
        calls.append(request)
        return next(answers)

    client = SimpleNamespace(
        get_shard_iterator=lambda **_: {"ShardIterator": "first"},
        get_records=get_records,
        exceptions=SimpleNamespace(TrimmedDataAccessException=KeyError),
    )
    cloud: Any = SimpleNamespace(client=lambda _: client, offline=client if offline else None)
    return [record for each in read_pages(cloud, "arn", "shard") for record in each], len(calls)


@pytest.mark.parametrize("empty", [0, 1, EMPTY_PAGES_ON_AWS - 1])
def test_empty_pages_come_before_records(empty: int) -> None:
    """On AWS, records behind a stretch of empty pages are found, before and after other records."""
    gap = [OPEN] * empty

    records, _ = read(*gap, page("1"), *gap, page("2"), OPEN)

    assert records == ["1", "2"]


def test_an_open_shard_is_not_read_for_ever() -> None:
    """An open shard from which nothing more comes counts as read."""
    assert read(page("1"), OPEN) == (["1"], 1 + EMPTY_PAGES_ON_AWS)


def test_a_closed_shard_says_where_it_ends() -> None:
    """A shard without a next iterator is read no further."""
    assert read(page("1"), CLOSED) == (["1"], 2)


def test_offline_an_empty_page_is_the_end() -> None:
    """The offline cloud leaves nothing behind an empty page, so it is asked once."""
    assert read(page("1"), page("2"), OPEN, offline=True) == (["1", "2"], 3)
