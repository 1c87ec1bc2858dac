"""The rules that keep the house in order: who may import whom, who may wait, how big things are."""

import ast
import sys
from collections.abc import Callable, Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKSHOP = ROOT / "workshop"
OFFLINE = WORKSHOP / "cloud" / "offline"
HANDLERS = (ROOT / "lambdas", ROOT / "solutions" / "lambdas")

# Top to bottom; a module imports only from its own part and from rows below it.
LAYERS = (
    ("cli",),
    ("notebook",),
    ("classroom",),
    ("grading",),
    ("kit",),
    ("course", "game", "bench"),
    ("diagnosis", "proof"),
    ("build",),
    ("pipeline",),
    ("deploy",),
    ("cloud",),
    ("settings", "clock"),
    ("errors",),
)

# Run before anything is installed, on the machine's own Python.
STANDALONE = {"workshop/bootstrap.py"}

# Copied into the generator's bundle, so that the truth shares nothing with lambdas/; standard library only.
COPIED_INTO_A_BUNDLE = {"workshop/pipeline/messages.py", "workshop/pipeline/truth.py"}

# Everything else reads the time from a clock that it is given, so that tests can set it.
MAY_IMPORT_TIME = STANDALONE | {
    "workshop/clock.py",
    # Measures the process of a function from inside, where no clock can be handed in.
    "workshop/cloud/offline/runtime/environments/bootstrap.py",
    # Puts a clock in its place.
    "workshop/cloud/offline/runtime/environments/stand_ins.py",
    # Gives a fork the time zone of its function.
    "workshop/cloud/offline/runtime/environments/fork_template.py",
}

# Waiting on a clock can be skipped in a test; these wait for something real, and say what.
MAY_WAIT = STANDALONE | {
    "workshop/classroom/learner/delivery.py",  # the board's answer, for a moment
    "workshop/clock.py",  # a manual clock's waiters
    "workshop/classroom/board/serving.py",  # Ctrl-C
    "workshop/cli/start.py",  # JupyterLab's process
    "workshop/cli/classroom/hub.py",  # JupyterHub's process
    "workshop/cloud/child_processes.py",  # a child that was asked to end
    "workshop/cloud/offline/runtime/environments/process.py",  # an environment's process
    "workshop/cloud/offline/runtime/environments/fork_templates.py",  # a fork's end
    "workshop/cloud/offline/runtime/environments/threads.py",  # the runtime's own threads
    "workshop/cloud/offline/runtime/event_sources/attention.py",  # calls that are made
    "workshop/cloud/offline/runtime/event_sources/engine.py",  # the end of all work, and of a pause
    "workshop/cloud/offline/late_corrections.py",  # what is being loaded
    "workshop/cloud/offline/server.py",  # the request to stop
    "workshop/cloud/offline/serving.py",  # the server's end
    "workshop/cloud/temporary.py",  # the cloud's process
    "workshop/game/session.py",  # the invocation of a round
    "workshop/cloud/offline/http/listener.py",  # sockets
    "workshop/grading/judge_process.py",  # the relay's thread
    "workshop/grading/sandbox/cell_process.py",  # a submission's process
    "workshop/grading/sandbox/containment.py",  # a submission's process
    "workshop/grading/sandbox/process_tree.py",  # a submission's process
    "workshop/grading/sandbox/relay.py",  # its end, asked for from outside
    "workshop/notebook/controls/background.py",  # the request to stop
}

# A thread outlives the call that starts it: whoever starts one also ends it, here and nowhere else.
MAY_START_THREADS = {
    "workshop/bench/calls.py",  # two calls at a time
    "workshop/classroom/learner/delivery.py",  # reports on their way to the class board
    "workshop/cloud/offline/http/listener.py",  # one for the socket
    "workshop/cloud/offline/runtime/environments/bootstrap.py",  # ends a function with its owner
    "workshop/cloud/offline/runtime/environments/threads.py",  # the runtime's pollers and invocations
    "workshop/cloud/offline/late_corrections.py",  # loads CloudFormation's corrections late
    "workshop/cloud/offline/serving.py",  # ends the cloud with its parent
    "workshop/cloud/temporary.py",  # reads the cloud's first line
    "workshop/classroom/hub/spawner.py",  # copies the course beside the hub's loop
    "workshop/game/play.py",  # one invocation of GeneratorLambda
    "workshop/grading/checking.py",  # submissions beside each other
    "workshop/grading/judge_process.py",  # the relay; ends with its parent
    "workshop/grading/sandbox/cell_process.py",  # a submission's pipes
    "workshop/grading/sandbox/containment.py",  # the relay inside
    "workshop/grading/supervisor.py",  # a submission's pipe
    "workshop/kit/bundle.py",
    "workshop/notebook/controls/background.py",  # live widgets
    "workshop/notebook/parts/live.py",  # a producer beside the kernel
    "workshop/pipeline/demo.py",  # both pipelines deployed at once
    "workshop/pipeline/operations/clear.py",  # tables emptied in parallel
    "workshop/pipeline/producer/producer.py",  # the producer's threads
}
STARTS_THREADS = {"Thread", "Timer", "ThreadPoolExecutor", "start_new_thread", "to_thread"}

MOST_LINES_OF_A_MODULE = 300
MOST_LINES_OF_A_FUNCTION = 40
MOST_FILES_OF_A_FOLDER = 20


def python_files(*folders: Path) -> list[str]:
    """Return the Python files below folders, relative to the project; there are some."""
    found = sorted(
        path.relative_to(ROOT).as_posix()
        for folder in folders
        for path in folder.rglob("*.py")
        if "__pycache__" not in path.parts
    )
    assert found
    return found


@cache
def tree(path: str) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def imports(path: str) -> tuple[str, ...]:
    """Return the dotted name of every import in a file, also of those inside functions."""
    names: list[str] = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names += [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(names)


def offenders(paths: list[str], is_wrong: Callable[[str, str], bool]) -> list[str]:
    """Return `file: import` for every import of the files that is wrong."""
    return [f"{path}: {name}" for path in paths for name in imports(path) if is_wrong(path, name)]


def part_of(dotted: str) -> str | None:
    """Return the part of the workshop that a dotted name belongs to: `workshop.cloud.x` → `cloud`."""
    words = dotted.split(".")
    return words[1] if words[0] == "workshop" and len(words) > 1 else None


def layer(part: str | None) -> int | None:
    return next((index for index, row in enumerate(LAYERS) if part in row), None)


def dotted(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def calls(path: str) -> Iterator[tuple[ast.Call, str]]:
    """Yield every call in a file with the last word of what is called."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            called = node.func
            yield node, called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")


def test_every_module_belongs_to_a_layer() -> None:
    """Each part of the workshop has its row in `LAYERS`."""
    parts = {part_of(dotted(path)) for path in python_files(WORKSHOP)}

    assert {part for part in parts if layer(part) is None} <= {None, "__main__", "bootstrap"}


def test_modules_import_only_from_layers_below() -> None:
    """A module of the workshop imports only from its own part or from layers below it."""

    def points_upwards(path: str, name: str) -> bool:
        own, other = part_of(dotted(path)), part_of(name)
        above, below = layer(own), layer(other)
        return above is not None and below is not None and own != other and below <= above

    assert offenders(python_files(WORKSHOP), points_upwards) == []


def test_no_imports_go_in_circles() -> None:
    """Modules import each other in one direction: each can be read after those that it builds on."""
    modules = {dotted(path): path for path in python_files(WORKSHOP, ROOT / "lambdas")}
    graph = {name: {each for each in imports(path) if each in modules} for name, path in modules.items()}

    try:
        TopologicalSorter({name: below - {name} for name, below in graph.items()}).prepare()
        circle = []
    except CycleError as error:
        circle = error.args[1]

    assert circle == []


def test_only_the_offline_cloud_imports_moto() -> None:
    """Nothing outside `workshop/cloud/offline` imports moto."""
    outside = [path for path in python_files(WORKSHOP) if OFFLINE not in (ROOT / path).parents]

    assert offenders(outside, lambda _, name: name.split(".")[0] == "moto") == []


def test_nothing_above_the_cloud_knows_the_offline_cloud() -> None:
    """Only `workshop/cloud` imports from `workshop.cloud.offline`."""
    above = [path for path in python_files(WORKSHOP) if not path.startswith("workshop/cloud/")]

    assert offenders(above, lambda _, name: name.startswith("workshop.cloud.offline.")) == []


def test_deploy_and_runtime_do_not_know_each_other() -> None:
    """The deployer and the runtime meet only through AWS API calls."""
    runtime, deploy = python_files(OFFLINE / "runtime"), python_files(WORKSHOP / "deploy")

    assert offenders(runtime, lambda _, name: part_of(name) == "deploy") == []
    assert offenders(deploy, lambda _, name: ".runtime" in name) == []


def test_handlers_are_plain_lambda_code() -> None:
    """A handler imports the standard library, boto3 and `common`, and never the workshop.

    The generator alone, which is a package of its own, carries copies of the messages and their truth.
    """
    allowed = sys.stdlib_module_names | {"boto3", "botocore", "common"}
    copied = tuple(dotted(path) for path in COPIED_INTO_A_BUNDLE)

    def is_foreign(path: str, name: str) -> bool:
        if path.startswith("lambdas/generator/") and name.startswith((*copied, "generator")):
            return False
        return name.split(".", maxsplit=1)[0] not in allowed

    assert offenders(python_files(*HANDLERS), is_foreign) == []


def test_the_workshop_never_imports_handlers() -> None:
    """The workshop loads handlers only from deployed bundles."""
    handlers = {"common", "stateless", "stateful", "generator", "lambdas"}

    assert offenders(python_files(WORKSHOP), lambda _, name: name.split(".")[0] in handlers) == []


def test_copied_modules_need_the_standard_library_only() -> None:
    """What is copied into the generator's bundle imports the standard library, and its fellow, alone."""

    def is_foreign(_: str, name: str) -> bool:
        is_standard = name.split(".", maxsplit=1)[0] in sys.stdlib_module_names
        return not is_standard and not name.startswith("workshop.pipeline.messages")

    assert offenders(sorted(COPIED_INTO_A_BUNDLE), is_foreign) == []


def test_only_the_clock_reads_the_time() -> None:
    """Only `workshop/clock.py` reads the time or sleeps, so that every wait can be skipped."""
    others = [path for path in python_files(WORKSHOP) if path not in MAY_IMPORT_TIME]

    assert offenders(others, lambda _, name: name.split(".")[0] == "time") == []


def test_only_named_modules_wait_for_something_real() -> None:
    """Waiting with a time limit on anything but a clock happens in the modules of `MAY_WAIT` alone.

    `Event().wait(0.1)` sleeps as well as `time.sleep` does. boto3's waiters poll AWS, which is not ours.
    """
    waits = set()
    for path in python_files(WORKSHOP):
        for call, name in calls(path):
            of = ast.unparse(call.func)
            is_wait = name in {"wait", "select"} and "get_waiter" not in of
            is_join = name == "join" and "thread" in of.lower()
            if (is_wait or is_join) and isinstance(call.func, ast.Attribute):
                waits.add(path)

    assert waits == MAY_WAIT


def test_only_named_modules_start_threads() -> None:
    """Threads are started in the modules of `MAY_START_THREADS` alone, each of which also ends them."""
    starters = {
        path for path in python_files(WORKSHOP) if any(name in STARTS_THREADS for _, name in calls(path))
    }

    assert starters == MAY_START_THREADS


def test_modules_and_functions_fit_on_a_few_screens() -> None:
    """Outside tests, no module has more than 300 lines, and no function more than 40."""
    paths = python_files(WORKSHOP, *HANDLERS)

    long_modules = [
        path
        for path in paths
        if (ROOT / path).read_text(encoding="utf-8").count("\n") > MOST_LINES_OF_A_MODULE
    ]
    long_functions = [
        f"{path}: {node.name}"
        for path in paths
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > MOST_LINES_OF_A_FUNCTION
    ]

    assert long_modules == []
    assert long_functions == []


def test_folders_can_be_taken_in_at_a_glance() -> None:
    """No folder holds more than twenty modules side by side."""
    counts: dict[str, int] = {}
    for path in python_files(WORKSHOP, *HANDLERS, ROOT / "tests"):
        if not path.endswith("/__init__.py"):
            folder = path.rpartition("/")[0]
            counts[folder] = counts.get(folder, 0) + 1

    assert {folder: count for folder, count in counts.items() if count > MOST_FILES_OF_A_FOLDER} == {}


def test_every_test_states_its_rule() -> None:
    """Every test says in a docstring which rule it specifies."""
    silent = [
        f"{path}: {node.name}"
        for path in python_files(ROOT / "tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and not ast.get_docstring(node)
    ]

    assert silent == []
