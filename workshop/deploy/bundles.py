"""The zips that functions run from: the shared code and one handler, the same bytes wherever they are made.

In go the sources of a checkout, out comes a value with the zip, its digest and the names of its files.
Nothing is compiled or installed: what a learner reads is what runs.
"""

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

from workshop.errors import BundleError, SolutionsWithheldError
from workshop.settings import STARTERS, has_solutions, project_root, released_folders

__all__ = [
    "FUNCTIONS",
    "GAME",
    "MARKS",
    "SAME_SOURCE",
    "VARIANTS",
    "Bundle",
    "build_bundle",
    "handler_path",
    "source_digest",
]

GAME = "game"
# In the order in which a message passes them.
FUNCTIONS = {"stateless": ("map", "reduce"), "stateful": ("state", "map", "reduce"), GAME: ("generator",)}
# Where a variant's handlers are looked for: the ledger holds only what differs from the textbook.
VARIANTS = {
    "starter": ("lambdas",),
    "textbook": ("solutions/lambdas/textbook",),
    "ledger": ("solutions/lambdas/ledger", "solutions/lambdas/textbook"),
}
# Reduce does the same in both pipelines, so each variant in `solutions/` has one source for it. The build
# writes two starters from it, since learners change the reduce of the stateful pipeline only.
SAME_SOURCE = {"stateless/reduce.py": "stateful/reduce.py"}
# Digests of the solutions' files, where those are held back.
MARKS = f"{STARTERS}/marks.json"
SHARED = "lambdas/common"
GENERATOR = "lambdas/generator"
# The generator plans messages and judges by their truth, with the producer's own code.
PRODUCER = ("workshop/pipeline/messages.py", "workshop/pipeline/truth.py")
# Makes them packages; offline, an installed workshop would otherwise be found in their place.
PACKAGES = ("workshop/__init__.py", "workshop/pipeline/__init__.py")
# The earliest time that a zip can hold; a real one would make every zip different.
EPOCH = (1980, 1, 1, 0, 0, 0)
READABLE_BY_ALL = 0o644 << 16


@dataclass(frozen=True)
class Bundle:
    """One function's zip; `digest` is the SHA-256 of `content` in hexadecimal digits."""

    name: str
    content: bytes
    digest: str
    files: tuple[str, ...]

    @property
    def file_name(self) -> str:
        """A name that changes with the content."""
        return f"{self.name}-{self.digest[:16]}.zip"


def build_bundle(pipeline: str, function: str, variant: str, *, root: Path | None = None) -> Bundle:
    """Return the zip of a function; the same sources give the same bytes, on every system.

    The generator of the game has no variants.

    Raises:
        BundleError: a source is missing or is not valid Python.
    """
    folder = root or project_root()
    if pipeline == GAME:
        return _generator_bundle(folder, f"{pipeline}-{function}")
    handler = handler_path(folder, f"{pipeline}/{function}.py", variant)
    sources = {f"{pipeline}/{function}.py": handler, **_package(folder, SHARED)}
    return _bundle(
        f"{pipeline}-{function}-{variant}", {name: _read(path, folder) for name, path in sources.items()}
    )


def _generator_bundle(root: Path, name: str) -> Bundle:
    sources = {**_package(root, SHARED), **_package(root, GENERATOR)}
    for copied in PRODUCER:
        if not (root / copied).is_file():
            raise BundleError(
                f"`{copied}`, which the generator carries, is missing; restore it with `git checkout`"
            )
        sources[copied] = root / copied
    texts = {file: _read(path, root) for file, path in sources.items()}
    return _bundle(name, {**texts, **dict.fromkeys(PACKAGES, b"")})


def _bundle(name: str, texts: dict[str, bytes]) -> Bundle:
    files = dict(sorted(texts.items()))
    content = _zip(files)
    return Bundle(name, content, hashlib.sha256(content).hexdigest(), tuple(files))


def handler_path(root: Path, name: str, variant: str) -> Path:
    """Return the source of a handler such as `stateful/map.py`: the variant's own, else the textbook's.

    Raises:
        BundleError: there is no such variant, or no source.
        SolutionsWithheldError: the variant is a solution, and those are held back.
    """
    if variant not in VARIANTS:
        raise BundleError(
            f"`{variant}` is not a variant of the handlers; choose one of: {', '.join(VARIANTS)}"
        )
    for folder in VARIANTS[variant]:
        source = SAME_SOURCE.get(name, name) if folder.startswith("solutions/") else name
        if (path := root / folder / source).is_file():
            return path
    if variant != "starter" and not has_solutions(root):
        return _released_path(root, name, variant)
    raise BundleError(
        f"the handler `{name}` of the variant `{variant}` is not in `{'` or `'.join(VARIANTS[variant])}`; "
        "restore it with `git checkout`, or write the starters again with `workshop build`"
    )


def source_digest(content: bytes) -> str:
    """Return the digest of a source, the same whatever its line ends."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()


def _released_path(root: Path, name: str, variant: str) -> Path:
    """Return a solution that a class board has released, once no exercise is left out of it."""
    marks = root / MARKS
    digests = json.loads(marks.read_text(encoding="utf-8"))["files"] if marks.is_file() else {}
    sources = [f"{folder}/{SAME_SOURCE.get(name, name)}" for folder in VARIANTS[variant]]
    for source in [each for each in sources if each in digests][:1]:
        for folder in released_folders():
            if (path := folder / source).is_file() and source_digest(path.read_bytes()) == digests[source]:
                return path
    raise SolutionsWithheldError(f"the variant `{variant}` of the handlers")


def _package(root: Path, package: str) -> dict[str, Path]:
    folder = root / package
    found = {path.relative_to(folder.parent).as_posix(): path for path in folder.rglob("*.py")}
    if not found:
        raise BundleError(f"`{package}`, which functions need, is not there; restore it with `git checkout`")
    return found


def _read(path: Path, root: Path) -> bytes:
    # Git may check files out with other line ends on Windows; the zip has always the same.
    content = path.read_bytes().replace(b"\r\n", b"\n")
    try:
        compile(content, str(path), "exec")
    except SyntaxError as error:
        place = f", line {error.lineno}" if error.lineno else ""
        raise BundleError(
            f"`{path.relative_to(root).as_posix()}`{place}: {error.msg}; "
            "a function with this file could not start, so correct it and deploy again"
        ) from error
    # A NUL, or deep nesting, ends the compiler in other ways.
    except (ValueError, RecursionError, MemoryError) as error:
        raise BundleError(
            f"`{path.relative_to(root).as_posix()}` is no Python that can be read; "
            "a function with this file could not start, so correct it and deploy again"
        ) from error
    return content


def _zip(texts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    # Stored, not compressed: libraries compress differently, and these files are small.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in texts.items():
            entry = zipfile.ZipInfo(name, date_time=EPOCH)
            entry.external_attr = READABLE_BY_ALL
            entry.create_system = 3  # Unix; Windows would write 0
            archive.writestr(entry, content)
    return target.getvalue()
