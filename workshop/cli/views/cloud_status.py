"""What the offline cloud is doing, as tables: functions, event source mappings, and what waits besides."""

from collections.abc import Iterable
from typing import Any

from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.markup import escape
from rich.text import Text

from workshop.cli.views.tables import figures, folded, lean_table, unbroken

__all__ = ["draw_runtime"]

# Sequence numbers differ in their last digits.
CHECKPOINT_DIGITS = 12
GAP = 2
# What the last column needs at least, whose texts may go on in the next line.
LAST_WIDTH = 20
FUNCTION_COLUMNS = ("function", "invocations", "errors", "running", "last error")
MAPPING_COLUMNS = ("source", "function", "state", "pending", "age", "checkpoint", "last result")
FIGURES = {"invocations", "errors", "running", "pending", "age"}
UNITS = ((86_400, "d"), (3600, "h"), (60, "min"))


def draw_runtime(runtime: dict[str, Any], *, width: int) -> RenderableType:
    """Return what `OfflineControl.runtime` has answered: tables, or sentences where these have no room."""
    environments = runtime["environments"]
    parts: list[RenderableType] = [
        Text(
            f"{environments['warm']} warm and {environments['busy']} busy environments, "
            f"{runtime['waiting_events']} asynchronous events waiting, {len(runtime['schedules'])} schedules"
        ),
        *_streams(runtime.get("streams")),
    ]
    if names := _function_names(runtime):
        parts += [Text(), _drawn(FUNCTION_COLUMNS, _functions(runtime, names), width)]
    if runtime["mappings"]:
        parts += [Text(), _drawn(MAPPING_COLUMNS, [_mapping(each) for each in runtime["mappings"]], width)]
    return Group(*parts)


def _streams(streams: dict[str, Any] | None) -> list[RenderableType]:
    if not streams or not streams["limit_bytes"]:
        return []
    held, limit = (decimal(streams[each]) for each in ("held_bytes", "limit_bytes"))
    older = f"{streams['records_in_file_alone']:,} older ones"
    file = "state file" if streams["file"] == "kept" else "temporary file"
    return [Text(f"records of streams: {held} of at most {limit} in memory, {older} in the {file} alone")]


def _function_names(runtime: dict[str, Any]) -> list[str]:
    mapped = (_name(mapping["function"]) for mapping in runtime["mappings"])
    called = (each["function"] for each in runtime["functions"])
    return sorted({*mapped, *called, *runtime["in_flight"]})


def _drawn(headings: tuple[str, ...], rows: list[tuple[str, ...]], width: int) -> RenderableType:
    """Return a table, or sentences where it would have to break names."""
    *widths, last = (max(map(len, cells)) for cells in zip(headings, *rows, strict=True))
    fits = sum(widths) + GAP * len(widths) + min(last, LAST_WIDTH) <= width
    return _table(headings, rows) if fits else _sentences(headings, rows)


def _table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> RenderableType:
    *others, last = headings
    columns = [
        column
        for heading in others
        for column in (figures(heading) if heading in FIGURES else unbroken(heading))
    ]
    table = lean_table(*columns, *folded(last))
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _sentences(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> RenderableType:
    return Group(
        *(
            Text(
                ", ".join(f"{heading} {value}" for heading, value in zip(headings, row, strict=True) if value)
            )
            for row in rows
        )
    )


def _functions(runtime: dict[str, Any], names: Iterable[str]) -> list[tuple[str, ...]]:
    results = {each["function"]: each for each in runtime["functions"]}
    rows = []
    for name in names:
        each = results.get(name, {})
        counts = (each.get("invocations", 0), each.get("errors", 0), runtime["in_flight"].get(name, 0))
        rows.append((name, *(f"{count:,}" for count in counts), _error(each.get("last_error"))))
    return rows


def _mapping(mapping: dict[str, Any]) -> tuple[str, ...]:
    pollers = [poller for poller in mapping["shards"] if "problem" not in poller]
    problems = {poller["problem"] for poller in mapping["shards"] if "problem" in poller}
    # The shard that lags most says how far the mapping is.
    last: dict[str, Any] = max(pollers, key=_age, default={})
    return (
        _source(mapping["source"]),
        _name(mapping["function"]),
        mapping["state"],
        f"{sum(poller.get('pending', 0) for poller in pollers):,}",
        _duration(_age(last)),
        _checkpoint(last),
        "; ".join([mapping["last_result"], *sorted(problems)]),
    )


def _age(poller: dict[str, Any]) -> float:
    return float(poller.get("iterator_age_seconds", 0.0))


def _checkpoint(poller: dict[str, Any]) -> str:
    if "checkpoint" not in poller:
        return ""
    number = str(poller["checkpoint"])
    short = number if len(number) <= CHECKPOINT_DIGITS else f"…{number[-CHECKPOINT_DIGITS:]}"
    return f"{_shard(poller['shard'])}: {short}"


def _duration(seconds: float) -> str:
    for length, unit in UNITS:
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def _error(told: dict[str, Any] | None) -> str:
    if not told:
        return ""
    return f"{told.get('type', told.get('error_type', 'error'))}: {told.get('message', '')}"


def _name(arn: str) -> str:
    return arn.rpartition(":function:")[2] or arn


def _source(arn: str) -> str:
    """Return the kind and the name of an event source: `kinesis trades`."""
    service, resource = arn.split(":")[2], arn.split(":", 5)[-1]
    parts = resource.split("/")
    return f"{service} {parts[1] if len(parts) > 1 else parts[0]}"


def _shard(shard_id: str) -> str:
    """Return the shard's number; the shards of a table's stream have none that says anything."""
    number = shard_id.rpartition("-")[2]
    return str(int(number)) if number.isdigit() else number
