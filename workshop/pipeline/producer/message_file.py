"""Messages from elsewhere than a plan: a file of JSON lines, or the records of a stream.

Each line of a file holds one risk message, plain or inside `{"RiskMessage": …}`. Lines that hold anything
else are reported with their number and the reason. A message without a version is version 0. Timestamps in
the file are ignored: a message gets its timestamp when it is sent. Of a stream, exactly those records count
as messages that the pipeline would accept.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Any

from workshop.errors import ConfigurationError, InvalidMessageError
from workshop.pipeline.messages import Message, PlannedMessage
from workshop.pipeline.truth import DEFAULT_ORDER, roll_up_paths

__all__ = ["MessageFile", "message_on_stream", "parse_lines", "parts_of_record", "read_message_file"]

MAX_PARTITION_KEY_LENGTH = 256
MAX_RUN_ID_LENGTH = 36
# The pipeline sets aside what is longer, since sums of many such numbers must fit into a table's 38 digits.
MAX_VALUE_DIGITS = 15
MAX_VERSION_DIGITS = 18
MAX_TIMESTAMP_DIGITS = 11
MAX_PATH_BYTES = 2048
MAX_TRADE_ID_BYTES = 2048
MAX_HIERARCHY_BYTES = 32_768
MAX_DIGITS = 1000
CENT = Decimal("0.01")
# The version of a message that names none: any other one is newer.
NO_VERSION = 0


@dataclass(frozen=True)
class MessageFile:
    """The messages of a file in its order, and the lines that hold none."""

    entries: tuple[PlannedMessage, ...]
    problems: tuple[InvalidMessageError, ...]


def read_message_file(path: Path, order: Sequence[str] = DEFAULT_ORDER) -> MessageFile:
    """Return the messages of a file; `order` names the levels that each of them must have.

    Raises:
        ConfigurationError: the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"cannot read `{path}`: {error.strerror}; name a file of JSON lines with `--file`"
        ) from error
    return parse_lines(content.removeprefix(b"\xef\xbb\xbf").splitlines(), order)


def parse_lines(lines: Iterable[bytes], order: Sequence[str] = DEFAULT_ORDER) -> MessageFile:
    """Return the messages among the lines; empty lines are passed over."""
    entries: list[PlannedMessage] = []
    problems: list[InvalidMessageError] = []
    first_with: dict[tuple[str, int], PlannedMessage] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            message, wrapped = _parse(line, order)
        except ValueError as error:
            problems.append(InvalidMessageError(number, str(error)))
            continue
        first = first_with.get((message.trade_id, message.version))
        if first and first.message == message:
            number = first.number  # noqa: PLW2901 - a duplicate carries its original's number
        entry = PlannedMessage(number, message, wrapped=wrapped)
        first_with.setdefault((message.trade_id, message.version), entry)
        entries.append(entry)
    return MessageFile(tuple(entries), tuple(problems))


def message_on_stream(data: bytes, order: Sequence[str] = DEFAULT_ORDER) -> Message:
    """Return the message that a record of the stream holds, by the rules of the pipeline.

    They differ from those of a file: a timestamp must be one, a trade's id may be longer, and a version may
    be written as `3.0`.

    Raises:
        ValueError: the pipeline would set the record aside.
    """
    body = _load(data, Decimal)
    if isinstance(body, dict) and "RiskMessage" in body:
        body = body["RiskMessage"]
    _check_body(body)
    hierarchy = _hierarchy(body["Hierarchy"], order)
    if "" in hierarchy or sum(len((level + name).encode()) for level, name in hierarchy.items()) > (
        MAX_HIERARCHY_BYTES
    ):
        raise ValueError("`Hierarchy` has a level without a name, or is too long")
    trade_id = _text(body, "TradeID", MAX_TRADE_ID_BYTES)
    if len(trade_id.encode()) > MAX_TRADE_ID_BYTES:
        raise ValueError(f"`TradeID` is longer than {MAX_TRADE_ID_BYTES} bytes")
    # Without one, the pipeline takes the time at which the record arrived.
    timestamp = body.get("Timestamp", Decimal(0))
    if not isinstance(timestamp, Decimal) or timestamp < 0 or _digits(timestamp) > MAX_TIMESTAMP_DIGITS:
        raise ValueError(f"`Timestamp` is {_shown(timestamp)}; it must be a time in unix seconds")
    return Message(
        trade_id=trade_id,
        value=_value(body["Value"]),
        version=_version(_as_whole(body.get("Version", NO_VERSION))),
        hierarchy=hierarchy,
        cancelled=_cancelled(body.get("Cancelled", False)),
        run_id=_text(body, "RunID", MAX_RUN_ID_LENGTH) if "RunID" in body else None,
    )


def parts_of_record(data: bytes) -> list[bytes]:
    """Return what `message_on_stream` takes of a record: each line of JSON Lines, or else the whole.

    The rules are those of `lambdas/common/records.py`, which shares no code with what checks it.
    """
    text = data.removeprefix(b"\xef\xbb\xbf")
    lines = [line for each in text.split(b"\n") if (line := each.strip(b" \t\r"))]
    objects = [line for line in lines if line[:1] + line[-1:] == b"{}"]
    if len(lines) == 1 or not objects:
        return [text]
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError):
        return lines
    return [text]


def _parse(line: bytes, order: Sequence[str]) -> tuple[Message, bool]:
    """Return a line's message and whether it was wrapped; raises ValueError with the reason if it is none."""
    document = _load(line)
    wrapped = isinstance(document, dict) and "RiskMessage" in document
    body = document["RiskMessage"] if wrapped else document
    _check_body(body)
    message = Message(
        trade_id=_text(body, "TradeID", MAX_PARTITION_KEY_LENGTH),
        value=_value(body["Value"]),
        version=_version(body.get("Version", NO_VERSION)),
        hierarchy=_hierarchy(body["Hierarchy"], order),
        cancelled=_cancelled(body.get("Cancelled", False)),
        run_id=_text(body, "RunID", MAX_RUN_ID_LENGTH) if "RunID" in body else None,
    )
    return message, wrapped


def _check_body(body: Any) -> None:
    if not isinstance(body, dict):
        raise ValueError("not a JSON object; a risk message is one")  # noqa: TRY004 - a reason, not a bug
    if absent := [name for name in ("TradeID", "Value", "Hierarchy") if name not in body]:
        raise ValueError(f"`{absent[0]}` is missing; a risk message has it")


def _load(line: bytes, whole: "Callable[[str], int | Decimal] | None" = None) -> Any:
    parse_int = whole or _whole
    try:
        return json.loads(line.decode(), parse_int=parse_int, parse_float=Decimal, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8 text; save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg.lower()} at column {error.colno}") from error
    except DecimalException as error:
        raise ValueError("a number has an exponent that no computer keeps") from error
    except RecursionError as error:
        raise ValueError("not a risk message: it is nested too deeply") from error


def _digits(number: Decimal) -> int:
    """Return how many digits a number has before its point; zero has none, however it is written."""
    return number.adjusted() + 1 if number else 0


def _as_whole(version: Any) -> Any:
    """Return a number without decimals as an int, and anything else unchanged."""
    if not isinstance(version, Decimal) or _digits(version) > MAX_VERSION_DIGITS:
        return version
    return int(version) if version == version.to_integral_value() else version


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError(f"a number has {len(digits)} digits; a table keeps 38")
    return int(digits)


def _refuse(name: str) -> Any:
    raise ValueError(f"`{name}` is not a number; a value is finite")


def _text(body: Mapping[str, Any], name: str, longest: int) -> str:
    text = body[name]
    if not isinstance(text, str) or not 0 < len(text) <= longest or not _is_unicode(text):
        raise ValueError(f"`{name}` is {_shown(text)}; it must be a text of 1 to {longest} characters")
    return text


def _value(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(f"`Value` is {_shown(value)}; it must be a number")  # noqa: TRY004
    amount = Decimal(value)
    if amount and amount.adjusted() >= MAX_VALUE_DIGITS:
        raise ValueError(
            f"`Value` is {_shown(value)}; it has at most {MAX_VALUE_DIGITS} digits before the point"
        )
    cents = amount.quantize(CENT)
    if cents != amount:
        raise ValueError(f"`Value` is {_shown(value)}; it must have at most two decimals")
    return cents


def _version(version: Any) -> int:
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise ValueError(f"`Version` is {_shown(version)}; it must be a whole number from 0")
    if version >= 10**MAX_VERSION_DIGITS:
        raise ValueError(f"`Version` is {_shown(version)}; it has at most {MAX_VERSION_DIGITS} digits")
    return version


def _hierarchy(hierarchy: Any, order: Sequence[str]) -> dict[str, str]:
    if not isinstance(hierarchy, dict):
        raise ValueError(f"`Hierarchy` is {_shown(hierarchy)}; it must be an object")  # noqa: TRY004
    for level in (*order, *hierarchy):
        name = hierarchy.get(level)
        if not isinstance(name, str) or not name or not _is_unicode(level + name):
            raise ValueError(f"`Hierarchy` has no name for {_shown(level)}; each level needs a text")
    if len(roll_up_paths(hierarchy, order)[-1].encode()) > MAX_PATH_BYTES:
        raise ValueError(f"the names in `Hierarchy` are too long; a path holds {MAX_PATH_BYTES} bytes")
    return hierarchy


def _is_unicode(text: str) -> bool:
    """JSON can hold half of a surrogate pair, but nothing can store it as text."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _cancelled(cancelled: Any) -> bool:
    if not isinstance(cancelled, bool):
        raise ValueError(f"`Cancelled` is {_shown(cancelled)}; it must be true or false")  # noqa: TRY004
    return cancelled


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, Decimal) else json.dumps(value, default=str)
    return f"`{text[:40]}…`" if len(text) > 40 else f"`{text}`"
