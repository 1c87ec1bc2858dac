"""Guards taken out of the ledger, one at a time, to see whether the proof would notice.

A mutation is a change of text in the sources of a bundle. A text that is not found is an error, so that a
mutation can never change nothing in silence.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from workshop.errors import BundleError

__all__ = ["MUTATIONS", "Mutation", "Replacement", "mutated"]


@dataclass(frozen=True)
class Replacement:
    """In a file whose path ends like this, the one text in place of the other."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutation:
    """A guard taken out; `guards_against` says what it is there for."""

    name: str
    guards_against: str
    replacements: tuple[Replacement, ...]


LEDGER, ENTRIES, STATE = "common/ledger.py", "common/entries.py", "stateful/state.py"
NEWER = '"attribute_not_exists(#TradeID) OR #Version < :Version"'

MUTATIONS: Mapping[str, Mutation] = {
    mutation.name: mutation
    for mutation in (
        Mutation(
            "position",
            "a batch that comes again after its commit",
            (
                Replacement(
                    LEDGER,
                    "pending = [entry for entry in in_order if entry.position > cursor.position]",
                    "pending = in_order",
                ),
            ),
        ),
        Mutation(
            "position condition",
            "a batch that two invocations work on at the same time",
            (Replacement(LEDGER, "            condition=condition,\n            values=values,\n", ""),),
        ),
        Mutation(
            "chunk counter",
            "a row that was added in part when the invocation ended",
            (
                Replacement(LEDGER, 'int(item["Chunk"]["N"])', "0"),
                Replacement(LEDGER, " AND #Chunk = :SeenChunk", ""),
                Replacement(LEDGER, ', "SeenChunk": number(seen.chunk)', ""),
            ),
        ),
        Mutation(
            "version condition",
            "an older version that arrives after a newer one",
            (Replacement(STATE, NEWER, NEWER.replace("<", "<>")),),
        ),
        Mutation(
            "tombstone",
            "an older version that arrives after the cancellation",
            (Replacement(STATE, NEWER, NEWER[:-1] + ' OR attribute_exists(#Cancelled)"'),),
        ),
        Mutation(
            "epoch of messages",
            "messages that were put before the pipeline was cleared",
            (Replacement(STATE, "epoch.visible(batch)", "list(batch.records)"),),
        ),
        Mutation(
            "epoch of trades",
            "changes of trades that were stored before the pipeline was cleared",
            (
                Replacement(
                    ENTRIES,
                    "epoch.covered(record.old_image), epoch.covered(record.new_image)",
                    "record.old_image, record.new_image",
                ),
            ),
        ),
        Mutation(
            "epoch of rows",
            "rows that were written before the pipeline was cleared",
            (Replacement(ENTRIES, "not epoch.covers(record.new_image)", "False"),),
        ),
        Mutation(
            "epoch of commits",
            "an invocation that was at work when the pipeline was cleared",
            (Replacement(LEDGER, "transact([*actions, *fence])", "transact([*actions])"),),
        ),
    )
}


def mutated(contents: Mapping[str, bytes], mutation: Mutation) -> dict[str, bytes]:
    """Return the zips of a pipeline's functions with the mutation in each that holds its files.

    Raises:
        BundleError: a text is in none of them, or more than once in one.
    """
    changed = dict(contents)
    for replacement in mutation.replacements:
        counts = {name: _count(content, replacement) for name, content in changed.items()}
        if not any(counts.values()) or max(counts.values()) > 1:
            raise BundleError(
                f"the text `{replacement.old}` stands {max(counts.values())} times in "
                f"`{replacement.file}`, so the mutation `{mutation.name}` means nothing; "
                "bring it up to date with the code"
            )
        changed |= {name: _replaced(changed[name], replacement) for name, count in counts.items() if count}
    return changed


def _count(content: bytes, replacement: Replacement) -> int:
    texts = _unpacked(content)
    return sum(text.count(replacement.old) for path, text in texts.items() if path.endswith(replacement.file))


def _replaced(content: bytes, replacement: Replacement) -> bytes:
    return _packed(
        {
            path: text.replace(replacement.old, replacement.new) if path.endswith(replacement.file) else text
            for path, text in _unpacked(content).items()
        }
    )


def _unpacked(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def _packed(texts: Mapping[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return target.getvalue()
