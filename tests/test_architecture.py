"""The rules that keep the house in order: who may import whom, who may read the time, how big things are."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WORKSHOP = ROOT / "workshop"

# Top to bottom; a module imports only from rows below its own (and from its own row's folder).
LAYERS = (
    ("cli",),
    ("notebook", "grading", "classroom"),
    ("course", "game"),
    ("diagnosis", "proof"),
    ("build",),
    ("pipeline",),
    ("deploy",),
    ("cloud",),
    ("settings", "clock"),
    ("errors",),
)

# Run before anything is installed, on the machine's own Python.
STANDALONE = {WORKSHOP / "bootstrap.py"}

# Copied into the generator's bundle, so that truth shares nothing with lambdas/; standard library only.
COPIED_INTO_A_BUNDLE = {WORKSHOP / "pipeline" / "messages.py", WORKSHOP / "pipeline" / "truth.py"}


def python_files(*folders: Path) -> list[Path]:
    return sorted(
        path for folder in folders for path in folder.rglob("*.py") if "__pycache__" not in path.parts
    )


def imports(path: Path) -> Iterator[str]:
    """Yield the dotted name of every import in a file, also of those inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(dotted: str) -> str | None:
    """Return the part of the workshop that a dotted name belongs to: `workshop.cloud.x` → `cloud`."""
    words = dotted.split(".")
    return words[1] if words[0] == "workshop" and len(words) > 1 else None


def layer(part: str) -> int | None:
    return next((index for index, row in enumerate(LAYERS) if part in row), None)


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", python_files(WORKSHOP), ids=relative)
def test_modules_import_only_from_layers_below(path: Path) -> None:
    """A module of the workshop imports only from its own part or from layers below it."""
    words = path.relative_to(WORKSHOP).with_suffix("").parts
    own = layer(words[0])
    if own is None:
        assert words in {("__init__",), ("__main__",), ("bootstrap",)}
        return

    wrong = [
        name
        for name in imports(path)
        if (part := part_of(name))
        and part != words[0]
        and (below := layer(part)) is not None
        and below <= own
    ]

    assert not wrong


@pytest.mark.parametrize("path", python_files(WORKSHOP), ids=relative)
def test_only_the_offline_cloud_imports_moto(path: Path) -> None:
    """Nothing outside `workshop/cloud/offline` imports moto."""
    if (WORKSHOP / "cloud" / "offline") in path.parents:
        return

    assert not [name for name in imports(path) if name.split(".")[0] == "moto"]


@pytest.mark.parametrize("path", python_files(WORKSHOP), ids=relative)
def test_nothing_above_the_cloud_knows_the_offline_cloud(path: Path) -> None:
    """Only `workshop/cloud` imports from `workshop.cloud.offline`."""
    if (WORKSHOP / "cloud") in path.parents:
        return

    assert not [name for name in imports(path) if name.startswith("workshop.cloud.offline")]


def test_deploy_and_runtime_do_not_know_each_other() -> None:
    """The deployer and the runtime meet only through AWS API calls."""
    runtime = WORKSHOP / "cloud" / "offline" / "runtime"

    from_runtime = [
        name for path in python_files(runtime) for name in imports(path) if part_of(name) == "deploy"
    ]
    from_deploy = [
        name for path in python_files(WORKSHOP / "deploy") for name in imports(path) if ".runtime" in name
    ]

    assert from_runtime == []
    assert from_deploy == []


@pytest.mark.parametrize("path", python_files(ROOT / "lambdas", ROOT / "solutions" / "lambdas"), ids=relative)
def test_handlers_are_plain_lambda_code(path: Path) -> None:
    """A handler imports the standard library, boto3 and `common`, and never the workshop.

    The generator alone, which is a package of its own, carries copies of the messages and their truth.
    """
    import sys

    allowed = sys.stdlib_module_names | {"boto3", "botocore", "common"}
    is_generator = path.is_relative_to(ROOT / "lambdas" / "generator")
    modules = [copied.relative_to(ROOT).with_suffix("") for copied in COPIED_INTO_A_BUNDLE]
    copied = tuple(".".join(module.parts) for module in modules) if is_generator else ()

    assert not [
        name
        for name in imports(path)
        if name.split(".")[0] not in allowed | ({"generator"} if is_generator else set())
        and not (copied and name.startswith(copied))
    ]


def test_the_workshop_never_imports_handlers() -> None:
    """The workshop loads handlers only from deployed bundles."""
    handlers = {"common", "stateless", "stateful", "generator", "lambdas"}

    assert not [
        (relative(path), name)
        for path in python_files(WORKSHOP)
        for name in imports(path)
        if name.split(".")[0] in handlers
    ]


@pytest.mark.parametrize("path", sorted(COPIED_INTO_A_BUNDLE), ids=relative)
def test_copied_modules_need_the_standard_library_only(path: Path) -> None:
    """What is copied into the generator's bundle imports the standard library, and its fellow, alone."""
    import sys

    allowed = sys.stdlib_module_names | {"messages"}

    assert not [
        name
        for name in imports(path)
        if name.split(".")[0] not in allowed and not name.startswith("workshop.pipeline.messages")
    ]


@pytest.mark.parametrize("path", python_files(WORKSHOP), ids=relative)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    """Only `workshop/clock.py` reads the time or sleeps, so that every wait can be skipped."""
    if path in STANDALONE | {WORKSHOP / "clock.py"}:
        return

    # What runs inside a function's own process measures that process; it has no clock to be given.
    if path.name == "bootstrap.py" and "runtime" in path.parts:
        return

    assert not [name for name in imports(path) if name.split(".")[0] == "time"]


@pytest.mark.parametrize("path", python_files(WORKSHOP, ROOT / "lambdas"), ids=relative)
def test_modules_fit_on_a_few_screens(path: Path) -> None:
    """No module is longer than 300 lines, and no function longer than 60."""
    text = path.read_text(encoding="utf-8")

    long_functions = [
        f"{node.name}: {(node.end_lineno or 0) - node.lineno + 1}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > 60
    ]

    assert text.count("\n") <= 300
    assert long_functions == []


@pytest.mark.parametrize("path", python_files(ROOT / "tests"), ids=relative)
def test_every_test_states_its_rule(path: Path) -> None:
    """Every test says in a docstring which rule it specifies."""
    silent = [
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert silent == []
