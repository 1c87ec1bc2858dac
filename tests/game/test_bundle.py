"""The generator's zip: the game, the shared code, and the producer's own messages and truth."""

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from workshop.deploy.bundles import build_bundle
from workshop.errors import BundleError
from workshop.settings import project_root

IMPORTS = "import generator.round, workshop.pipeline.truth; print(workshop.pipeline.truth.__file__)"


def test_the_generator_carries_the_producers_messages_and_truth() -> None:
    """The zip holds the game, the shared code and exact copies of the two modules, and no handler."""
    bundle = build_bundle("game", "generator", "ledger")

    with zipfile.ZipFile(BytesIO(bundle.content)) as archive:
        copied = {name: archive.read(name).decode() for name in archive.namelist() if "workshop" in name}
    assert {name.split("/")[0] for name in bundle.files} == {"common", "generator", "workshop"}
    assert copied == {
        "workshop/__init__.py": "",
        "workshop/pipeline/__init__.py": "",
        **{
            f"workshop/pipeline/{name}.py": (
                project_root() / "workshop" / "pipeline" / f"{name}.py"
            ).read_text()
            for name in ("messages", "truth")
        },
    }


def test_the_generator_has_no_variants() -> None:
    """Whatever the pipeline runs, the game is the same zip, byte for byte."""
    contents = {build_bundle("game", "generator", variant).content for variant in ("textbook", "ledger")}

    assert len(contents) == 1


def test_the_generator_starts_from_its_zip(tmp_path: Path) -> None:
    """Unpacked in front of everything that is installed, the handler is imported from the zip alone."""
    with zipfile.ZipFile(BytesIO(build_bundle("game", "generator", "ledger").content)) as archive:
        archive.extractall(tmp_path)

    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {IMPORTS}"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert run.stdout.startswith(str(tmp_path))


def test_a_missing_copy_is_named(tmp_path: Path) -> None:
    """Without the messages or their truth there is no generator, and the error says which file to restore."""
    for folder in ("common", "generator"):
        (tmp_path / "lambdas" / folder).mkdir(parents=True)
        (tmp_path / "lambdas" / folder / "part.py").write_text("")

    with pytest.raises(BundleError, match=r"workshop/pipeline/messages\.py"):
        build_bundle("game", "generator", "ledger", root=tmp_path)
