"""Exercises of notebook 02: records put into the stream, under keys that spread them and keep their order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable
from typing import TYPE_CHECKING

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed
from workshop.course.trials.stream_records import StreamRecord, newest, open_shards, read_stream

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["EXERCISES"]

DESK = tuple(f"desk-{number}" for number in range(1, 7))
DESK_NAME = re.compile(r"\bdesk-[1-6]\b")
KEYS = tuple(f"key-{number}" for number in range(1, 41))
VERSIONS = (1, 2)
# Forty trades must not be crowded into a few keys; a fair spread over two shards is never as uneven as this.
FEWEST_KEYS = 20
FULLEST_SHARD = 0.75


def check_put(course: Course) -> CheckResult:
    """Observe in the stream the newest record of each of the six trades: its form and partition key."""
    found = newest(read_stream(course), lambda record: [*set(DESK_NAME.findall(record.text))])
    if not found:
        return not_attempted("None of the six trades is in the stream yet.")
    for name in DESK:
        if name not in found:
            return incorrect(
                f"{len(found)} of the six trades are in the stream; `{name}`, for one, is missing."
            )
        if trouble := _trouble_with(name, found[name]):
            return incorrect(trouble)
    shards = Counter(record.shard for record in found.values())
    spread = ", ".join(f"{count} in `{shard}`" for shard, count in sorted(shards.items()))
    return passed(f"All six are in the stream, each under its own key: {spread}.")


def _trouble_with(name: str, record: StreamRecord) -> str:
    document = record.document
    if document is None:
        return f"The data of `{name}` is not JSON: it begins with `{record.text[:30]}`."
    if isinstance(document, list):
        return f"One record holds a list of {len(document)} trades; a record is one message."
    if not isinstance(document, dict) or document.get("TradeID") != name:
        return f"The data of `{name}` is JSON, but no message of this trade: `{record.text[:60]}`."
    if record.partition_key != name:
        return f"`{name}` was put under the partition key `{record.partition_key}`, which is not its TradeID."
    return ""


def check_keys(course: Course) -> CheckResult:
    """Observe in which shards both versions of forty trades are: spread, and each trade in one shard."""
    found = newest(read_stream(course), _names)
    missing = len(KEYS) * len(VERSIONS) - len(found)
    if not found:
        return not_attempted("None of the forty trades is in the stream yet.")
    if missing:
        return incorrect(f"{missing} of the 80 messages are not in the stream.")
    keys = {record.partition_key for record in found.values()}
    per_shard = Counter(record.shard for record in found.values())
    spread = ", ".join(f"{count} in `{shard}`" for shard, count in sorted(per_shard.items()))
    if len(keys) < FEWEST_KEYS:
        return incorrect(
            f"The 80 records carry {_different(len(keys))} ({spread}). However many shards the stream had, "
            f"no more than {len(keys)} of them would ever get anything."
        )
    if trouble := _torn(found):
        return incorrect(trouble)
    if len(open_shards(course)) > 1 and max(per_shard.values()) > FULLEST_SHARD * len(found):
        return incorrect(f"One shard has nearly everything: {spread}.")
    return passed(f"{spread}; and both versions of every trade lie in one shard, the first one first.")


def _different(count: int) -> str:
    return "one and the same partition key" if count == 1 else f"only {count} different partition keys"


def _names(record: StreamRecord) -> list[Hashable]:
    document = record.document
    if not isinstance(document, dict) or document.get("TradeID") not in KEYS:
        return []
    return [(document["TradeID"], document.get("Version"))]


def _torn(found: dict[tuple[str, int], StreamRecord]) -> str:
    """Say how many trades nothing keeps in order."""
    apart: defaultdict[str, list[StreamRecord]] = defaultdict(list)
    for name in KEYS:
        first, second = (found[name, version] for version in VERSIONS)
        if first.shard != second.shard or first.sequence_number > second.sequence_number:
            apart[name] += [first, second]
    if not apart:
        return ""
    name, (first, second) = next(iter(apart.items()))
    if first.shard == second.shard:
        return f"Version 2 of `{name}` stands before version 1 in `{first.shard}`."
    return (
        f"Version 1 of `{name}` lies in `{first.shard}` and version 2 in `{second.shard}`, so nothing keeps "
        f"them in order. So it is with {len(apart)} of the 40 trades."
    )


EXERCISES = (
    Exercise(
        id="put-records",
        title="Put six messages into the stream",
        notebook="02",
        minutes=5,
        answer_location=Cell("02"),
        check=check_put,
    ),
    Exercise(
        id="one-key-one-shard",
        title="Choose the partition key",
        notebook="02",
        minutes=4,
        answer_location=Cell("02"),
        check=check_keys,
    ),
)
