"""The installer of a kit: from the kit's wheels alone, without a network, into an empty place."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.wheelhouse import make_wheel
from workshop.kit import proof
from workshop.kit.installation import INSTALLED_LOCK
from workshop.kit.manifest import CHECKSUMS, COURSE, WHEELS, digest, lock_path, this_platform, this_python

ROOT = Path(__file__).resolve().parents[2]
# What runs before anything is installed.
BARE = ("__init__.py", "bootstrap.py", "clock.py", "errors.py", "settings.py", "kit")
PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "course"
version = "1.0"
"""
BACKEND = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from tests.kit.wheelhouse import make_wheel
def build_editable(folder, config_settings=None, metadata_directory=None):
    return make_wheel(Path(folder), "course", "1.0").name
"""


@pytest.fixture
def kit(tmp_path) -> Path:
    """A kit for this machine: a small course with the real installer, and one wheel."""
    kit, course = tmp_path / "kit", tmp_path / "kit" / COURSE
    (course / "workshop").mkdir(parents=True)
    for name in BARE:
        source = ROOT / "workshop" / name
        if source.is_dir():
            shutil.copytree(source, course / "workshop" / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, course / "workshop" / name)
    (course / "pyproject.toml").write_text(PROJECT)
    (course / "backend.py").write_text(BACKEND)
    shutil.copy(ROOT / "workshop" / "kit" / "install.py", kit)
    wheel = make_wheel(kit / WHEELS, "app", "1.0")
    lock = lock_path(kit, this_platform(), this_python())
    lock.parent.mkdir()
    lock.write_text(f"# for a test\napp==1.0 --hash=sha256:{digest(wheel)} # {wheel.name} 1 bytes\n")
    files = [path for path in kit.rglob("*") if path.is_file()]
    sums = "".join(f"{digest(path)}  {path.relative_to(kit).as_posix()}\n" for path in files)
    (kit / CHECKSUMS).write_text(sums)
    return kit


def test_a_kit_installs_with_the_network_cut_off(kit: Path, tmp_path) -> None:
    """A bare Python, no network where the system can cut it off, and an index in pip's settings to ignore."""
    folder = tmp_path / "a course"
    command = [*proof._way_to_cut_off(), sys.executable, "-I", str(kit / "install.py"), "--to", str(folder)]
    environment = os.environ | {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONSTRAINT": "/nowhere"}

    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert f'cd "{folder}"' in done.stdout
    assert (folder / ".venv" / INSTALLED_LOCK).is_file()
    python = folder / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    asked = [str(python), "-I", "-c", "import app, course; print(app.VERSION, course.VERSION)"]
    assert subprocess.run(asked, capture_output=True, text=True, check=True).stdout == "1.0 1.0\n"
    assert not list(kit.rglob("__pycache__"))


def test_a_folder_with_something_else_is_not_installed_into(kit: Path, tmp_path) -> None:
    """The installer leaves a folder alone that is no course, and names the option."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_text("")
    command = [sys.executable, "-I", str(kit / "install.py"), "--to", str(tmp_path / "photos")]

    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)

    assert done.returncode == 2
    assert "holds something else; name another folder with --to" in done.stderr
