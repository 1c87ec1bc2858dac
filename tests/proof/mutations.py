"""Guards taken out of the ledger, one at a time, to see whether the proof would notice.

A mutation is a change of text in the sources of a bundle. A text that is not found is an error, so that a
mutation can never change nothing in silence.
"""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workshop.errors import BundleError

__all__ = ["MUTATIONS", "Replacement", "mutated"]


@dataclass(frozen=True)
class Replacement:
    """In a file whose path ends like this, the one text in place of the other."""

    file: str
    old: str
    new: str


LEDGER, ENTRIES, STATE = "common/ledger.py", "common/entries.py", "stateful/state.py"
VERSIONS, NEWER = "common/versions.py", "'\"Version\" < ?'"
PENDING = "pending = [entry for entry in in_order if entry.position > cursor.position]"
IMAGES = "epoch.covered(record.old_image), epoch.covered(record.new_image)"

# The comment above a mutation says what the guard is there for.
MUTATIONS: Mapping[str, Sequence[Replacement]] = {
    # A batch that comes again after its commit.
    "position": [Replacement(LEDGER, PENDING, "pending = in_order")],
    # A batch that two invocations work on at the same time.
    "position condition": [
        Replacement(LEDGER, "            condition=condition,\n            values=values,\n", "")
    ],
    # A row that was added in part when the invocation ended.
    "chunk counter": [
        Replacement(LEDGER, 'int(item["Chunk"]["N"])', "0"),
        Replacement(LEDGER, " AND #Chunk = :SeenChunk", ""),
        Replacement(LEDGER, ', "SeenChunk": number(seen.chunk)', ""),
    ],
    # An older version that arrives after a newer one.
    "version condition": [Replacement(VERSIONS, NEWER, NEWER.replace("<", "<>"))],
    # An older version that arrives after the cancellation.
    "tombstone": [Replacement(VERSIONS, NEWER, NEWER[:-1] + ' OR "Cancelled" IS NOT MISSING\'')],
    # A statement that DynamoDB was too busy for, among others that it did.
    "busy statement": [Replacement(VERSIONS, "busy = outcome", "self._settle(incoming)")],
    # Messages that were put before the pipeline was cleared.
    "epoch of messages": [Replacement(STATE, "epoch.visible(batch)", "list(batch.records)")],
    # Changes of trades that were stored before the pipeline was cleared.
    "epoch of trades": [Replacement(ENTRIES, IMAGES, "record.old_image, record.new_image")],
    # Rows that were written before the pipeline was cleared.
    "epoch of rows": [Replacement(ENTRIES, "not epoch.covers(record.new_image)", "False")],
    # An invocation that was at work when the pipeline was cleared.
    "epoch of commits": [Replacement(LEDGER, "transact([*actions, *fence])", "transact([*actions])")],
}


def mutated(contents: Mapping[str, bytes], mutation: Sequence[Replacement]) -> dict[str, bytes]:
    """Return the zips of a pipeline's functions with the mutation in each that holds its files.

    Raises:
        BundleError: a text is in none of them, or more than once in one.
    """
    changed = dict(contents)
    for replacement in mutation:
        counts = {name: _count(content, replacement) for name, content in changed.items()}
        if not any(counts.values()) or max(counts.values()) > 1:
            raise BundleError(
                f"the text `{replacement.old}` stands {max(counts.values())} times in "
                f"`{replacement.file}`, so the mutation means nothing; bring it up to date with the code"
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
