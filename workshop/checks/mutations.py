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


MUTATIONS: Mapping[str, Mutation] = {
    mutation.name: mutation
    for mutation in (
        Mutation(
            "position condition",
            "two deliveries of a shard at the same time",
            (
                Replacement("common/ledger.py", '"attribute_not_exists(#LedgerKey)", {}', '"", {}'),
                Replacement("common/ledger.py", '"#Position = :SeenPosition AND #Chunk = :SeenChunk"', '""'),
                Replacement(
                    "common/ledger.py",
                    'values = {"SeenPosition": text(seen.position), "SeenChunk": number(seen.chunk)}',
                    "values = {}",
                ),
            ),
        ),
        Mutation(
            "position",
            "a batch that comes again after its commit",
            (
                Replacement(
                    "common/ledger.py",
                    "entry.position > cursor.position]\n        self",
                    "True]\n        self",
                ),
            ),
        ),
        Mutation(
            "version condition",
            "an older version that arrives after a newer one",
            (
                Replacement(
                    "stateful/state.py",
                    '"attribute_not_exists(#TradeID) OR #Version < :Version"',
                    '"attribute_not_exists(#TradeID) OR #Version <> :Version"',
                ),
            ),
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
        found = False
        for name, content in changed.items():
            texts = _unpacked(content)
            for path, text in texts.items():
                if path.endswith(replacement.file) and replacement.old in text:
                    if text.count(replacement.old) > 1:
                        raise _unusable(mutation, replacement, f"more than once in `{path}`")
                    texts[path] = text.replace(replacement.old, replacement.new)
                    found = True
            changed[name] = _packed(texts)
        if not found:
            raise _unusable(mutation, replacement, "in no bundle")
    return changed


def _unusable(mutation: Mutation, replacement: Replacement, where: str) -> BundleError:
    return BundleError(
        f"the text `{replacement.old}` of `{replacement.file}` is {where}, so the mutation "
        f"`{mutation.name}` means nothing; bring it up to date with the code"
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
