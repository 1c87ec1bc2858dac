"""The project's own files agree with each other, and speak of the project alone."""

import os
import re
import subprocess
import tomllib
import venv
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from workshop import bootstrap

ROOT = Path(__file__).resolve().parent.parent
LARGEST_BYTES = 500_000


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def tracked_files() -> list[Path]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for line in listing.stdout.splitlines() if (path := ROOT / line).is_file()]


def test_environment_yml_cannot_drift_from_pyproject() -> None:
    """The conda environment brings Python and pip, and leaves every requirement to pyproject.toml."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))

    python, pip, requirements = environment["dependencies"]

    assert environment["name"] == project()["name"]
    assert re.fullmatch(r"python=3\.1[1-4]", python)
    assert pip == "pip"
    assert requirements == {"pip": ["-e ."]}
    assert "defaults" not in environment["channels"]


def test_requirements_have_lower_bounds_and_only_moto_is_pinned() -> None:
    """Every dependency states its oldest version; moto alone is exact, since the overlay corrects it."""
    required = [requirement.replace(" ", "") for requirement in project()["dependencies"]]

    pinned = [requirement for requirement in required if "==" in requirement]

    assert [requirement for requirement in required if not re.search(r">=|==", requirement)] == []
    assert len(pinned) == 1
    assert pinned[0].startswith("moto[")


@pytest.mark.parametrize(
    ("system", "machine", "has_wheel"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", False),
        ("darwin", "x86_64", True),
        ("darwin", "arm64", True),
        ("win32", "AMD64", True),
        ("win32", "ARM64", False),
    ],
)
def test_the_engine_is_asked_for_where_it_has_a_wheel(system: str, machine: str, has_wheel: bool) -> None:
    """Elsewhere, and from Python 3.13 on, installing for tests leaves it out instead of failing."""
    [line] = project()["optional-dependencies"]["scale"]
    marker = Requirement(line).marker
    place = {"sys_platform": system, "platform_machine": machine}

    assert marker.evaluate({**place, "python_version": "3.12"}) is has_wheel
    assert not marker.evaluate({**place, "python_version": "3.13"})


def test_make_clean_leaves_the_learners_work(tmp_path: Path) -> None:
    """What builds and tests made is removed; progress and the kept cloud stay, and it says where they lie."""
    for name in (".venv", ".workshop", ".mypy_cache"):
        (tmp_path / name).mkdir()
    clean = ["make", "-f", str(ROOT / "Makefile"), "clean"]

    said = subprocess.run(clean, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert [path.name for path in tmp_path.iterdir()] == [".workshop"]
    assert "rm -r .workshop" in said


def test_make_help_names_every_command_of_the_readme() -> None:
    """`make help` lists each make command that the README gives."""
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    used = set(re.findall(r"^make ([a-z-]+)", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))

    assert {"demo", "test", "workshop"} <= used
    assert [name for name in used if f"make {name} " not in listed] == []


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME", "X" * 3])
def test_no_work_is_left_in_comments(word: str) -> None:
    """No tracked Python file, template or document holds a note of unfinished work."""
    left = [
        path.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if path.suffix in {".py", ".yaml", ".yml", ".md", ".toml"}
        and re.search(rf"\b{word}\b", path.read_text(encoding="utf-8"))
    ]

    assert left == []


def test_no_file_names_a_place_on_one_machine() -> None:
    """No tracked file holds the path of a home folder or of the checkout it was written in."""
    places = (str(ROOT) + "/", str(Path.home()) + "/")

    assert [
        path.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if path.suffix not in {".png", ".webp"}
        and any(place in path.read_text(encoding="utf-8") for place in places)
    ] == []


def test_nothing_large_is_committed() -> None:
    """What runs leave behind, such as recordings, is no part of the project: no file has half a megabyte."""
    large = [str(path) for path in tracked_files() if (ROOT / path).stat().st_size > LARGEST_BYTES]

    assert large == []


def test_an_environment_that_was_moved_is_made_anew(tmp_path, monkeypatch) -> None:
    """The programs in `.venv/` name its folder: in a checkout that was moved or copied it counts as none."""
    place = tmp_path / "ein Ort für alles"
    programs = place / ("Scripts" if os.name == "nt" else "bin")
    programs.mkdir(parents=True)
    python = programs / ("python.exe" if os.name == "nt" else "python")
    python.write_text("")
    monkeypatch.setattr(bootstrap, "VENV", str(place))
    monkeypatch.setattr(bootstrap, "PYTHON", str(python))

    (place / "pyvenv.cfg").write_text(f"command = /usr/bin/python3 -m venv {place}\n", encoding="utf-8")
    assert bootstrap.is_in_its_place()

    (place / "pyvenv.cfg").write_text("command = /usr/bin/python3 -m venv /elsewhere/.venv\n")
    assert not bootstrap.is_in_its_place()


@pytest.mark.parametrize(
    ("settings", "has_uv", "installs", "by"),
    [
        ("global.extra-index-url='https://also.example'", True, True, ["uv"]),
        ("", True, False, ["uv", "pip"]),
        ("", False, True, ["pip"]),
        ("global.index-url='https://own.example'", True, True, ["pip"]),
        (":env:.no-index='1'", True, True, ["pip"]),
    ],
)
def test_pip_installs_where_uv_cannot(monkeypatch, settings, has_uv, installs, by) -> None:
    """First uv is fetched and tried; pip goes on if it fails, and alone knows an index of one's own."""
    tried: list[str] = []

    def run(command: list[str], _: object) -> int:
        if command[-1] == "uv":
            return 0 if has_uv else 1
        tried.append("uv" if "uv" in command else "pip")
        return 0 if installs or tried[-1] == "pip" else 1

    listed = subprocess.CompletedProcess([], 0, stdout=settings + "\n")
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: listed)
    monkeypatch.setattr(bootstrap, "run", run)

    assert bootstrap.install(["test"], None) is None
    assert tried == by


def test_what_was_installed_is_compiled(tmp_path, monkeypatch) -> None:
    """Nothing is compiled by pip; afterwards every module is, and one that cannot be stops nothing."""
    venv.create(tmp_path / ".venv", with_pip=False)
    python = tmp_path / ".venv" / Path(bootstrap.PYTHON).relative_to(bootstrap.VENV)
    monkeypatch.setattr(bootstrap, "PYTHON", str(python))
    question = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(question, capture_output=True, text=True, check=True).stdout.strip())
    (packages / "good.py").write_text("x = 1", encoding="utf-8")
    (packages / "bad.py").write_text("x = = 1", encoding="utf-8")

    bootstrap.compile_packages()

    assert [each.name.split(".")[0] for each in (packages / "__pycache__").iterdir()] == ["good"]


def test_every_file_of_the_package_is_in_its_wheel() -> None:
    """What is no Python in the package is named as its data, so that an installed package has it as well."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    data = document["tool"]["setuptools"]["package-data"]
    named = {
        path
        for package, patterns in data.items()
        for pattern in patterns
        for path in (ROOT / package.replace(".", "/")).glob(pattern)
    }

    there = {path for path in tracked_files() if path.is_relative_to(ROOT / "workshop")}

    assert {path for path in there if path.suffix != ".py"} == named
    # Packages are found by their `__init__.py`.
    assert {path.parent for path in there if path.suffix == ".py"} == {
        path.parent for path in there if path.name == "__init__.py"
    }


def test_readme_gives_the_notebooks_times() -> None:
    """The README lists every notebook with the minutes that its head gives."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (\d\d) .*\| (\d+) \|$", readme, re.MULTILINE))

    heads = {}
    for source in (ROOT / "solutions" / "notebooks").glob("*.py"):
        time = re.search(r"\*\*Time:\*\* (\d+) minutes", source.read_text(encoding="utf-8"))
        heads[source.name[:2]] = time and time[1]

    assert listed == heads
