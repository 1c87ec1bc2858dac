"""The session in a real kernel, without a front end: everything is shown, in both forms, and ends soon."""

import os
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from workshop.cloud.connection import Cloud
from workshop.cloud.fault_plan import FaultPlan
from workshop.cloud.laboratory import Laboratory
from workshop.course.course import Course
from workshop.deploy.stacks import destroy
from workshop.notebook.session import Workshop
from workshop.pipeline.operations.live_faults import set_faults

CELLS = (
    'from workshop.notebook import start\nws = start("06")',
    "ws.picture(live=True, seconds=2)",
    "ws.clear()\nroom = ws.control_room(messages=60, rate=60)\nroom.wait()\nroom.history()\nroom.stop()",
    "ws.rest()",
    'ws.table("StateTable", limit=3)',
    'ws.frame("StateTable").groupby("Region")["Value"].sum()',
    'ws.frame("totals")',
    'ws.totals()\nws.totals("sunburst")\nws.totals(compare=True)',
    "ws.tables.follow(ws.messages.sent()[0].trade_id)",
    "ws.deploy()",
    "ws.aws.resources()",
    'ws.check("connect-state")\nws.hint("connect-state")\nws.solution("connect-state")',
    "ws.exercises.progress()",
    'ws.predict("median-latency")\nws.predict("median-latency", answer=1)\nws.reveal("median-latency", 2.5)',
    "ws.live.producer_panel()\nws.live.faults_panel()",
    'ws.live.faults("lab")\nws.live.faults(clear=True)',
    "ws.diagnose()",
    "ws.tables.reconcile()",
    "ws.picture(live=True, seconds=600)\nws.live.stop()",
    "import threading\nprint([each.name for each in threading.enumerate() if 'workshop' in each.name])",
)
# Ends a cell, and what its lines say.
MISTAKES = {
    'ws.connect("NoSuchLambda")': ("ConfigurationError: ",),
    "here = 1\ntotals_of_before": ("NameError: ", "In line 2 of this cell: `totals_of_before`", "first cell"),
    'ws.client("dynamodb").describe_table(TableName="none")': (
        "ResourceNotFoundException",
        "line 1",
        "ws.outputs",
    ),
}


@pytest.fixture(scope="module")
def executed(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a notebook with all displays, run by a kernel as a test of notebooks would."""
    home = tmp_path_factory.mktemp("home")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    fails = {"tags": ["raises-exception"]}
    notebook.cells += [nbformat.v4.new_code_cell(source, metadata=fails) for source in MISTAKES]
    environment = {**os.environ, "AWS_ENDPOINT_URL": str(cloud.endpoint), "WORKSHOP_HOME": str(home)}
    client = NotebookClient(notebook, timeout=120, store_widget_state=False, kernel_name="python3")
    client.execute(env=environment, cwd=str(Path(__file__).resolve().parents[2]))
    return notebook


def displays(notebook: Any) -> list[tuple[int, Any]]:
    found = [
        (number, output)
        for number, cell in enumerate(notebook.cells)
        for output in cell.outputs
        if "data" in output
    ]
    # All cells but the last one, which prints; a mistake may show something or only raise.
    assert {number for number, _ in found if number < len(CELLS)} == set(range(len(CELLS) - 1))
    return found


def text_of(notebook: Any, start: str) -> str:
    cell = next(cell for cell in notebook.cells if cell.source.startswith(start))
    return "\n".join(output["data"].get("text/plain", "") for output in cell.outputs if "data" in output)


def test_every_display_has_both_forms(executed: Any) -> None:
    """A closed notebook can be read: each output has HTML and text, also those that held a widget."""
    for number, output in displays(executed):
        assert "text/plain" in output["data"], executed.cells[number].source
        assert "text/html" in output["data"], executed.cells[number].source


def test_outputs_are_small_and_ask_for_nothing(executed: Any) -> None:
    """No output is larger than 50 KB, the notebook stays below 1 MB, and nothing is loaded from outside."""
    for _, output in displays(executed):
        html = output["data"].get("text/html", "")
        assert len(str(output["data"])) < 50_000
        assert not re.search(r"<(script|link|img|iframe)\b|\bsrc=|@import|url\((?!#)", html)
    assert len(nbformat.writes(executed)) < 1_000_000


def test_no_figure_widget_is_made(executed: Any) -> None:
    """A FigureWidget would send five megabytes at each run of its cell; the session needs none."""
    assert "FigureWidget" not in nbformat.writes(executed)


def test_the_header_says_what_was_restored(executed: Any) -> None:
    """The first cell shows the cloud, the stack, the progress and what was put in place."""
    told = text_of(executed, "from workshop")

    for words in ("OFFLINE", "course-stateful", "solved", "✓ deploying the stack", "Next exercise here"):
        assert words in told


def test_a_run_ends_with_all_messages_in_the_totals(executed: Any) -> None:
    """The control room's wait ends when everything has arrived, and its last state stays."""
    told = text_of(executed, "ws.clear")

    assert "✓ Done: stateful: Exact to the cent: 60 messages, 60 live trades." in told


def test_totals_at_rest_equal_what_was_sent(executed: Any) -> None:
    """The tree beside the truth says that it is exact, and so do the diagnosis and the books."""
    assert "exactly what was sent" in text_of(executed, "ws.totals")
    assert "✓ Exact" in text_of(executed, "ws.diagnose")
    assert "✓ Exact" in text_of(executed, "ws.tables.reconcile")


def test_a_check_is_shown_once(executed: Any) -> None:
    """A check, a hint and a solution in one cell give one output each."""
    told = text_of(executed, "ws.check")

    assert told.count("✓ Passed") == 1
    assert "Hint 1 of 3" in told
    assert "show_code=True" in told


def test_nothing_moves_after_stop(executed: Any) -> None:
    """`ws.live.stop()` ends the live picture's thread."""
    cell = next(cell for cell in executed.cells if cell.source.startswith("import threading"))

    assert cell.outputs[0]["text"].strip() == "[]"


@pytest.mark.parametrize("source", MISTAKES)
def test_an_error_is_told_in_a_few_words(executed: Any, source: str) -> None:
    """An error stops the notebook, says what it is, in which line, and what to do; nobody scrolls."""
    cell = next(cell for cell in executed.cells if cell.source == source)
    [error] = [output for output in cell.outputs if output["output_type"] == "error"]

    assert len(error["traceback"]) <= 3
    for words in MISTAKES[source]:
        assert words in " ".join("\n".join(error["traceback"]).split())


def test_a_traceback_is_folded(executed: Any) -> None:
    """The traceback of a learner's own mistake is there behind a line, and begins in the learner's cell."""
    cell = next(cell for cell in executed.cells if cell.source.endswith("totals_of_before"))
    [folded] = [output["data"]["text/html"] for output in cell.outputs if "data" in output]

    assert "<summary" in folded
    assert "<details>" in folded
    assert "interactiveshell" not in folded
    assert "NameError" in folded


def test_faults_that_are_still_in_force_are_told(tmp_path: Path) -> None:
    """Who comes back to a pipeline with faults on purpose hears of them in the head of the notebook."""
    with Laboratory() as laboratory:
        course = Course(laboratory, home=tmp_path, prefix="course", clock=laboratory.clock)
        course.deploy()
        heads = [Workshop(course, "03")._header().text]
        set_faults(laboratory, course.outputs, FaultPlan.from_words(["crash_after@map=0.5"]))
        heads.append(Workshop(course, "03")._header().text)

    assert ["Faults on purpose are still in force" in head for head in heads] == [False, True]
    assert "`crash_after@map`. `ws.live.faults(clear=True)`" in " ".join(heads[1].split())


def test_a_stack_that_is_new_is_said_to_hold_nothing(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Where the stack was gone when a notebook is begun again, its head says to run its cells again."""
    with Laboratory() as laboratory:
        course = Course(laboratory, home=tmp_path, prefix="course", clock=laboratory.clock)
        told = []
        for is_gone in (False, False, True):
            if is_gone:
                destroy(laboratory, course.stack)
            Workshop(course, "03")._begin()
            told.append("Run the cells below again" in " ".join(capsys.readouterr().out.split()))

    assert told == [False, False, True]


def test_a_stack_unlike_the_courses_is_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """Who deployed with other parameters than the course does is told so by the first cell."""
    with Laboratory() as laboratory:
        course = Course(laboratory, home=tmp_path, prefix="course", clock=laboratory.clock)
        course.deploy(ShardCount=1)
        Workshop(course, "03")._begin()

    assert "`course-stateful` has other parameters" in " ".join(capsys.readouterr().out.split())
