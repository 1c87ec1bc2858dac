"""Kits: what they hold for which machine, that they go on where they stopped, and what they refuse.

The wheels are small ones, made here; pip is the real one, and has no network.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.wheelhouse import make_wheel
from workshop.errors import ConfigurationError, WorkshopError
from workshop.kit import bundle, manifest, wheels
from workshop.kit.bundle import fetch, finish, plan_kit, requirements_of
from workshop.kit.manifest import CHECKSUMS, LOCKS, WHEELS, check_files
from workshop.kit.proof import prove_on_paper
from workshop.kit.targets import PLATFORMS, KitTarget, chosen_targets
from workshop.kit.wheels import LockedWheel, read_lock, resolve

ROOT = Path(__file__).resolve().parents[2]
LINUX, WINDOWS, MAC = (
    KitTarget("linux-x86-64", "3.12"),
    KitTarget("windows-x86-64", "3.14"),
    KitTarget("macos-arm64", "3.11"),
)
NEEDS = [
    "colors>=1; sys_platform == 'win32'",
    "old; python_version < '3.12'",
    "terminal; os_name == 'posix'",
    "extra[more]",
]


@pytest.fixture(scope="module", autouse=True)
def _no_index_of_this_machine() -> Iterator[None]:
    """Pip sees no setting of the machine that the tests run on."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_CONFIG_FILE", os.devnull)
        for name in ("PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel house with a package that needs others on some machines, and a kit made from it."""
    place = tmp_path_factory.mktemp("made")
    folder = place / "house"
    make_wheel(folder, "app", "1.0", needs=NEEDS)
    make_wheel(folder, "extra", "1.0", needs=["fast; extra == 'more'", "never; extra == 'less'"])
    for name in ("colors", "old", "terminal", "never"):
        make_wheel(folder, name, "2.0")
    for tag in ("cp312-cp312-manylinux_2_17_x86_64", "cp314-cp314-win_amd64", "cp311-abi3-macosx_11_0_arm64"):
        make_wheel(folder, "fast", "3.0", tag=tag)
    make_wheel(folder, "fast", "4.0", tag="cp312-cp312-manylinux_2_39_x86_64")
    make_wheel(folder, "old", "9.0", python=">=3.12")
    plan = plan_kit(place / "kit", [LINUX, WINDOWS], ["app"], options(folder), silently)
    fetch(place / "kit", plan, options(folder), silently)
    return place


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    """A copy of both, for a test to change."""
    return Path(shutil.copytree(made, tmp_path / "made"))


@pytest.fixture
def house(place: Path) -> Path:
    return place / "house"


@pytest.fixture
def kit(place: Path) -> Path:
    """A kit for Linux and Windows, without a course."""
    return place / "kit"


def options(house: Path) -> list[str]:
    return ["--no-index", "--find-links", str(house)]


def names(found: list[LockedWheel]) -> set[str]:
    return {wheel.name for wheel in found}


def silently(_: str) -> None:
    """Tell nobody."""


@pytest.mark.parametrize(
    ("target", "own"), [(LINUX, ("terminal",)), (WINDOWS, ("colors",)), (MAC, ("old", "terminal"))], ids=str
)
def test_each_target_gets_what_its_markers_ask_for(
    house: Path, target: KitTarget, own: tuple[str, ...]
) -> None:
    """Pip resolves for another machine as it would there: markers, tags, Requires-Python, extras."""
    found = resolve(["app"], target, options(house))

    assert names(found) == {"app", "extra", "fast", *own}
    # A newer `fast` needs a newer glibc, a newer `old` a newer Python.
    assert {wheel.version for wheel in found if wheel.name in {"fast", "old"}} <= {"2.0", "3.0"}
    assert all(wheel.size == (house / wheel.file).stat().st_size for wheel in found)


def test_what_has_no_wheel_there_is_told(house: Path) -> None:
    """A machine that no wheel is built for is named, with what pip said and what to do."""
    with pytest.raises(WorkshopError, match=r"(?s)pip failed for linux-arm64, Python 3\.13; .*fast"):
        resolve(["app"], KitTarget("linux-arm64", "3.13"), options(house))


def plan_again(kit: Path, house: Path) -> bundle.KitPlan:
    return plan_kit(kit, [LINUX, WINDOWS], ["app"], options(house), silently)


def test_a_wheel_for_all_is_there_once(kit: Path) -> None:
    """Targets share pure wheels, and have their own of what is built."""
    held = sorted(path.name for path in (kit / WHEELS).iterdir())

    assert [name for name in held if name.startswith("app")] == ["app-1.0-py3-none-any.whl"]
    assert len([name for name in held if name.startswith("fast")]) == 2


def test_a_kit_goes_on_where_it_stopped(kit: Path, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there with the right hash is not loaded again; what is cut off or missing is."""
    assert plan_again(kit, house).missing == frozenset()

    (kit / WHEELS / "app-1.0-py3-none-any.whl").write_bytes(b"PK cut off")
    (kit / WHEELS / "colors-2.0-py3-none-any.whl").unlink()
    monkeypatch.setattr(bundle, "resolve", None)
    plan = plan_again(kit, house)
    assert names(list(plan.missing)) == {"app", "colors"}
    assert "2 of them to load" in plan.summary()

    fetch(kit, plan, options(house), silently)
    assert plan_again(kit, house).missing == frozenset()


def test_an_interruption_loses_only_what_is_being_loaded(
    kit: Path, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wheels come in portions: those that arrived before an interruption stay."""
    for name in ("app-1.0", "colors-2.0"):
        (kit / WHEELS / f"{name}-py3-none-any.whl").unlink()
    real, calls = bundle.load, []

    def interrupted(*words: Any) -> None:
        calls.append(words)
        if len(calls) > 1:
            raise KeyboardInterrupt
        real(*words)

    monkeypatch.setattr(bundle, "AT_ONCE", 1)
    monkeypatch.setattr(bundle, "load", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(kit, plan_again(kit, house), options(house), silently)

    assert len(plan_again(kit, house).missing) == 1


def test_other_requirements_are_resolved_anew(kit: Path) -> None:
    """A lock is for the requirements that it was made for."""
    assert read_lock(kit, LINUX, ["app"]) is not None
    assert read_lock(kit, LINUX, ["app", "colors"]) is None
    assert read_lock(kit, MAC, ["app"]) is None


def test_another_file_under_the_same_name_is_refused(kit: Path, house: Path) -> None:
    """Whoever changes a wheel in the wheel house gets no kit from it: pip holds it against the lock."""
    (kit / WHEELS / "colors-2.0-py3-none-any.whl").unlink()
    make_wheel(house, "colors", "2.0", needs=["surprise"])

    with pytest.raises(WorkshopError, match=r"(?s)goes on from here.*colors"):
        fetch(kit, plan_again(kit, house), options(house), silently)


def test_too_little_room_is_told_before_anything_is_loaded(
    kit: Path, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The size is known beforehand, so that a stick that is too small is not filled first."""
    monkeypatch.setattr(bundle, "SPARE_BYTES", 10**18)

    with pytest.raises(ConfigurationError, match=r"has room for .* `--out`"):
        fetch(kit, plan_again(kit, house), options(house), silently)


def test_a_full_disk_is_told_as_such(kit: Path, house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full all the same, people hear that, and that the same command goes on."""
    full = [sys.executable, "-c", "import sys; sys.exit('[Errno 28] No space left on device')"]
    real = subprocess.run
    monkeypatch.setattr(wheels.subprocess, "run", lambda command, **more: real(full, **more))

    with pytest.raises(WorkshopError, match="the disk is full; make room and run the same command again"):
        resolve(["app"], LINUX, options(house))


def test_a_folder_with_something_else_is_left_alone(tmp_path, house: Path) -> None:
    """A kit is made in a new folder, or in one that holds a kit."""
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_text("")

    with pytest.raises(ConfigurationError, match="is not empty and no kit"):
        plan_kit(tmp_path / "photos", [LINUX], ["app"], options(house), silently)


@pytest.mark.parametrize("target", [LINUX, WINDOWS], ids=str)
def test_a_kit_is_proved_on_paper_for_other_machines(kit: Path, target: KitTarget) -> None:
    """Wheels have their hashes and tags of the target, requirements are met there, no wheel is idle."""
    locked = read_lock(kit, target, ["app"]) or []
    by_name = {wheel.name: wheel for wheel in locked}

    def proved(*those: LockedWheel, requirements: tuple[str, ...] = ("app",)) -> str:
        return "\n".join(prove_on_paper(kit, target, those, requirements))

    assert proved(*locked) == ""
    assert "fast is missing, wanted is" in proved(*(each for each in locked if each.name != "fast"))
    assert "app is 1.0, wanted is `app>=9`" in proved(*locked, requirements=("app>=9",))
    assert "nothing needs extra there" in proved(by_name["extra"], by_name["fast"], requirements=("fast",))

    other = read_lock(kit, WINDOWS if target is LINUX else LINUX, ["app"]) or []
    assert f"does not install on {target}" in proved(*other)

    (kit / WHEELS / by_name["fast"].file).write_bytes(b"other")
    assert "missing or not what the lock says" in proved(*locked)


def test_a_kit_names_no_index(kit: Path) -> None:
    """A lock holds names, versions, hashes, files and sizes: nothing of the place that it was made in."""
    for lock in (kit / LOCKS).iterdir():
        assert "://" not in lock.read_text(encoding="utf-8")
        assert str(kit.parent) not in lock.read_text(encoding="utf-8")


def test_checksums_hold_the_course_and_everything_else(kit: Path, house: Path) -> None:
    """Every file has its checksum; what was changed is named, and what no lock names any more is gone."""
    make_wheel(kit / WHEELS, "stale", "1.0")

    finish(kit, plan_again(kit, house), ROOT, "the day", with_solutions=True)

    listed = manifest.read_checksums(kit)
    assert set(listed) == {path.relative_to(kit).as_posix() for path in kit.rglob("*") if path.is_file()} - {
        CHECKSUMS
    }
    assert {"install.py", "run-sheet.html", "START-HERE.txt", "course/pyproject.toml"} < set(listed)
    assert not [name for name in listed if "stale" in name or ".git/" in name or ".venv" in name]
    assert list(check_files(kit)) == []

    (kit / "course" / "README.md").write_text("other")
    assert list(check_files(kit)) == ["`course/README.md` was changed or damaged"]


def test_a_kit_without_solutions_has_none(kit: Path, house: Path) -> None:
    """Solutions, and the tests that hold their text, are not on the stick."""
    finish(kit, plan_again(kit, house), ROOT, "the day", with_solutions=False)

    held = manifest.read_checksums(kit)
    assert "course/notebooks/00_start_here.ipynb" in held
    assert not [name for name in held if name.startswith(("course/solutions", "course/tests"))]
    assert held["course/starters/stateful/map.py"] == held["course/lambdas/stateful/map.py"]


def test_a_tampered_kit_does_not_install(kit: Path, house: Path, tmp_path) -> None:
    """The installer refuses a kit with a changed wheel, a file that nobody listed, or for other machines."""
    finish(kit, plan_again(kit, house), ROOT, "the day", with_solutions=False)
    assert "no packages for" in try_to_install(kit, tmp_path / "to")

    mine = manifest.lock_path(kit, manifest.this_platform(), manifest.this_python())
    mine.write_text(f"colors==2.0 --hash=sha256:{'0' * 64} # colors-2.0-py3-none-any.whl\n")
    with (kit / CHECKSUMS).open("a") as file:
        file.write(f"{manifest.digest(mine)}  {LOCKS}/{mine.name}\n")
    (kit / WHEELS / "colors-2.0-py3-none-any.whl").write_bytes(b"other")
    assert "`wheels/colors-2.0-py3-none-any.whl` was changed or damaged" in try_to_install(
        kit, tmp_path / "to"
    )

    (kit / "course" / "workshop" / "extra.py").write_text("")
    assert "`course/workshop/extra.py` has no checksum" in try_to_install(kit, tmp_path / "to")
    assert not (tmp_path / "to").exists()


def try_to_install(kit: Path, folder: Path) -> str:
    """Run the installer, which refuses; return what it says."""
    command = [sys.executable, "-I", "-S", str(kit / "install.py"), "--to", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    return done.stderr


def test_targets_are_chosen_by_name() -> None:
    """Without a choice there is a target for each platform and Python; a wrong name lists the right ones."""
    assert len(chosen_targets([], [])) == len(PLATFORMS) * 4
    assert chosen_targets(["macos-arm64"], ["3.11"]) == [MAC]
    with pytest.raises(ConfigurationError, match="no kit is for `amiga`; choose from: linux-x86-64"):
        chosen_targets(["amiga"], [])
    with pytest.raises(ConfigurationError, match=r"no kit is for Python `3\.9`"):
        chosen_targets([], ["3.9"])


def test_this_machine_is_a_target_that_pip_agrees_with() -> None:
    """Markers of the target that describes this machine are those that it has itself."""
    from packaging.markers import default_environment
    from packaging.tags import sys_tags

    here = KitTarget(manifest.this_platform(), manifest.this_python())
    own = default_environment()
    exact = {"implementation_version", "python_full_version", "platform_release", "platform_version"}

    assert {name: here.markers[name] for name in own if name not in exact} == {
        name: value for name, value in own.items() if name not in exact
    }
    assert here.tags & set(sys_tags())


def test_the_command_says_the_size_beforehand(tmp_path, monkeypatch: pytest.MonkeyPatch, house: Path) -> None:
    """`--dry-run` resolves, says how large the kit will be, and loads nothing."""
    from typer.testing import CliRunner

    from workshop.cli import bundle as command
    from workshop.cli.app import command_line

    monkeypatch.setattr(command, "requirements_of", lambda root: ["app"])
    kit = tmp_path / "kit"
    words = ["bundle", "--out", str(kit), "--platform", "linux-x86-64", "--python", "3.12", "--dry-run"]

    done = CliRunner().invoke(command_line(), [*words, "--find-links", str(house), "--no-index", "--json"])

    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert (document["wheels"], document["made"]) == (4, False)
    assert document["bytes"] > 0
    assert not (kit / WHEELS).exists()


def test_a_kit_for_other_machines_is_verified_on_paper(
    kit: Path, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--verify` proves each lock, installs only what is for this machine, and refuses damage."""
    from typer.testing import CliRunner

    from workshop.cli import bundle as command
    from workshop.cli.app import command_line

    finish(kit, plan_again(kit, house), ROOT, "the day", with_solutions=False)
    monkeypatch.setattr(command, "requirements_of", lambda root: ["app"])
    monkeypatch.setattr(command, "this_python", lambda: "3.0")

    done = CliRunner().invoke(command_line(), ["bundle", "--out", str(kit), "--verify"])

    assert done.exit_code == 0, done.output
    assert done.output.count("tags, hashes and markers fit") == 2
    assert "not tried, since the kit is for others" in done.output

    (kit / WHEELS / "app-1.0-py3-none-any.whl").write_bytes(b"other")
    done = CliRunner().invoke(command_line(), ["bundle", "--out", str(kit), "--verify"])
    assert isinstance(done.exception, WorkshopError)
    assert "`wheels/app-1.0-py3-none-any.whl` was changed or damaged" in str(done.exception)


def test_a_kit_is_enough_for_a_class_board() -> None:
    """An instructor in a room without a network has the join page with its QR code from the stick."""
    assert any(each.startswith("segno") for each in requirements_of(ROOT))
