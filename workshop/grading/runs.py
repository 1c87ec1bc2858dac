"""Where runs of messages begin in the stream, passed to the process of a cell and taken back from it.

A cell may empty a pipeline and begin a new run, which it notes in its own home folder. The note is an
untrusted claim: only numbers are accepted, and all that they change is which messages count.
"""

import json
import re
from pathlib import Path
from typing import Any

__all__ = ["Runs", "read_runs", "write_runs"]

FOLDER = "sent"
FILE = "run.json"
# Kept beside; it belongs to the run that the file names.
RECORDS = "records.jsonl"
NAME = re.compile(r"[A-Za-z0-9-]{1,100}")
MOST_RUNS = 20
MOST_SHARDS = 100
# Sequence numbers of Kinesis have 56 digits, and names of shards fewer characters.
MOST_DIGITS = 128

Runs = dict[str, dict[str, Any]]


def read_runs(home: Path) -> Runs:
    """Return the runs noted in a home folder, by the name of the stack's folder.

    A run is `{"number": 1, "starts": {shard: sequence number}}`.
    """
    found = {}
    for file in sorted(home.glob(f"{FOLDER}/*/{FILE}"))[:MOST_RUNS]:
        run = checked_run(json.loads(file.read_text(encoding="utf-8")))
        if run is not None:
            found[file.parent.name] = run
    return found


def write_runs(home: Path, runs: Any) -> None:
    """Note those of the claimed runs that are valid and differ from what is noted in `home`."""
    if not isinstance(runs, dict):
        return
    known = read_runs(home)
    for name, claim in list(runs.items())[:MOST_RUNS]:
        run = checked_run(claim)
        if run is None or not NAME.fullmatch(str(name)) or run == known.get(name):
            continue
        folder = home / FOLDER / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / RECORDS).unlink(missing_ok=True)
        (folder / FILE).write_text(json.dumps(run), encoding="utf-8")


def checked_run(claim: Any) -> dict[str, Any] | None:
    """Return a claim as a run: its number and its start in each shard; None if it is not valid."""
    try:
        starts = claim["starts"].items()
        positions = {str(shard)[:MOST_DIGITS]: _digits(start) for shard, start in starts}
        number = int(_digits(claim["number"]))
    except (TypeError, KeyError, AttributeError, ValueError):
        return None
    return {"number": number, "starts": positions} if len(positions) <= MOST_SHARDS else None


def _digits(value: Any) -> str:
    text = str(value)
    if len(text) > MOST_DIGITS or not text.isdecimal() or not text.isascii():
        raise ValueError
    return text
