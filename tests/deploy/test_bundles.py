"""The zips that functions run from."""

import hashlib
import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from workshop.deploy.bundles import FUNCTIONS, VARIANTS, build_bundle
from workshop.errors import BundleError

ROOT = Path(__file__).parents[2]
IMPORT_EVERYTHING = """
import importlib, sys
for place, name in zip(sys.argv[1::2], sys.argv[2::2]):
    sys.path.insert(0, place)
    assert callable(importlib.import_module(name).handler), name
    sys.path.remove(place)
    ours = {"common", "stateless", "stateful"}
    for known in [known for known in sys.modules if known.split(".")[0] in ours]:
        del sys.modules[known]
print("all")
"""


def entries(content: bytes) -> dict[str, str]:
    """Return the files of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_a_bundle_holds_the_handler_and_what_it_shares(checkout: Path) -> None:
    """A zip contains the shared code and one handler, under the names by which they are imported."""
    bundle = build_bundle("stateful", "map", "ledger")

    assert bundle.files == ("common/shared.py", "stateful/map.py")
    assert tuple(entries(bundle.content)) == bundle.files
    assert bundle.digest == hashlib.sha256(bundle.content).hexdigest()
    assert bundle.file_name == f"stateful-map-ledger-{bundle.digest[:16]}.zip"


def test_the_same_sources_give_the_same_bytes(checkout: Path) -> None:
    """Times of files, their line ends and left-over caches make no difference."""
    before = build_bundle("stateful", "map", "ledger")
    shared = checkout / "lambdas/common/shared.py"

    shared.write_bytes(shared.read_bytes().replace(b"\n", b"\r\n"))
    os.utime(checkout / "solutions/lambdas/ledger/stateful/map.py", (0, 0))
    (checkout / "lambdas/common/__pycache__").mkdir()
    (checkout / "lambdas/common/__pycache__/shared.pyc").write_bytes(b"cache")

    assert build_bundle("stateful", "map", "ledger") == before


def test_other_sources_give_another_name(checkout: Path) -> None:
    """A change of the shared code changes every zip, a change of a handler its own alone."""
    names = ("state", "map", "reduce")
    before = [build_bundle("stateful", name, "starter").digest for name in names]

    (checkout / "lambdas/stateful/map.py").write_text("def handler(event, context): ...\n")
    handler_changed = [build_bundle("stateful", name, "starter").digest for name in names]
    (checkout / "lambdas/common/shared.py").write_text("answer = str\n")
    all_changed = [build_bundle("stateful", name, "starter").digest for name in names]

    assert [old == new for old, new in zip(before, handler_changed, strict=True)] == [True, False, True]
    assert not set(handler_changed) & set(all_changed)


@pytest.mark.parametrize(
    ("function", "variant", "place"),
    [
        ("map", "starter", "lambdas map"),
        ("map", "textbook", "solutions/lambdas/textbook map"),
        ("map", "ledger", "ledger map"),
        ("reduce", "ledger", "solutions/lambdas/textbook reduce"),
    ],
)
def test_a_variant_is_looked_for_in_its_places(
    checkout: Path, function: str, variant: str, place: str
) -> None:
    """The ledger takes from the textbook what it does not change; the starter is the learner's own."""
    bundle = build_bundle("stateful", function, variant)

    assert repr(place) in entries(bundle.content)[f"stateful/{function}.py"]


@pytest.mark.parametrize("variant", ["starter", "textbook", "ledger"])
def test_both_pipelines_reduce_alike(variant: str) -> None:
    """ReduceLambda is the same function in both pipelines, with one source for each variant."""
    stateless, stateful = (
        entries(build_bundle(pipeline, "reduce", variant, root=ROOT).content)[f"{pipeline}/reduce.py"]
        for pipeline in ("stateless", "stateful")
    )

    assert stateless == stateful
    assert list((ROOT / "solutions/lambdas").rglob("stateless/reduce.py")) == []


def test_a_missing_handler_is_named(checkout: Path) -> None:
    """A handler that is nowhere is named with the places where it was looked for."""
    (checkout / "solutions/lambdas/textbook/stateful/state.py").unlink()

    missing = r"(?s)`stateful/state\.py` of the variant `ledger` is not in.*solutions/lambdas/textbook"
    with pytest.raises(BundleError, match=missing):
        build_bundle("stateful", "state", "ledger")


def test_shared_code_must_be_there(checkout: Path) -> None:
    """Without the shared code there is no zip."""
    (checkout / "lambdas/common/shared.py").unlink()

    with pytest.raises(BundleError, match="`lambdas/common`, which functions need, is not there"):
        build_bundle("stateful", "state", "ledger")


def test_a_file_that_is_no_python_is_named_with_its_line(checkout: Path) -> None:
    """A function that could not start is not packed."""
    (checkout / "lambdas/stateful/map.py").write_text("def handler(event, context):\n    return (\n")

    with pytest.raises(BundleError, match=r"`lambdas/stateful/map\.py`, line 2: '\(' was never closed"):
        build_bundle("stateful", "map", "starter")


@pytest.mark.parametrize("content", [b"x = 1\0\n", b"x = 'caf\xe9'\n", b"x = " + b"-" * 100_000 + b"1"])
def test_a_file_that_cannot_be_read_as_python_is_named(checkout: Path, content: bytes) -> None:
    """A NUL, a text that is not UTF-8 and deep nesting are told like any other error of syntax."""
    (checkout / "lambdas/stateful/map.py").write_bytes(content)

    with pytest.raises(BundleError, match=r"`lambdas/stateful/map\.py`") as caught:
        build_bundle("stateful", "map", "starter")

    assert "line None" not in str(caught.value)


def test_there_are_three_variants(checkout: Path) -> None:
    """Another variant is refused with the names of those that there are."""
    with pytest.raises(BundleError, match="choose one of: starter, textbook, ledger"):
        build_bundle("stateful", "map", "best")


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_handler_of_the_workshop_can_be_imported_from_its_zip(variant: str, tmp_path: Path) -> None:
    """The real zips contain all that their handlers import."""
    arguments = []
    for pipeline in ("stateless", "stateful"):
        for function in FUNCTIONS[pipeline]:
            bundle = build_bundle(pipeline, function, variant, root=ROOT)
            place = tmp_path / bundle.file_name.removesuffix(".zip")
            with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
                archive.extractall(place)
            arguments += [str(place), f"{pipeline}.{function}"]

    command = [sys.executable, "-I", "-c", IMPORT_EVERYTHING, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert (run.stdout.strip(), run.returncode) == ("all", 0), run.stderr
