"""What the lines of an error say."""

import errno
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError
from nbclient import NotebookClient

from tests.course.gate.gate_bench import open_bench
from tests.course.test_gone_cloud import NOBODY
from workshop.cloud.connection import Cloud
from workshop.errors import CELLS_AGAIN, FROM_A_NOTEBOOK, CloudNotRunningError, StackNotFoundError
from workshop.kit.lab import ipython_folder
from workshop.notebook.session import Workshop
from workshop.notebook.views.errors import advice_on, error_lines

ROOT = Path(__file__).resolve().parents[2]
CELLS: dict[str, Callable[[Workshop], object]] = {
    "deploy": lambda ws: ws.deploy(),
    "connect": lambda ws: ws.connect("MapLambda", EventSourceArn="arn", StartingPosition="LATEST"),
    "send": lambda ws: ws.send(3),
    "rest": lambda ws: ws.rest(),
    "clear": lambda ws: ws.clear(),
    "table": lambda ws: ws.table("StateTable"),
    "totals": lambda ws: ws.totals(),
    "compare": lambda ws: ws.totals(compare=True),
    "trail": lambda ws: ws.tables.trail("moody"),
    "frame": lambda ws: ws.frame("StateTable"),
    "picture": lambda ws: ws.picture(),
    "control room": lambda ws: ws.control_room(messages=10),
    "beside": lambda ws: ws.control_room(messages=10, beside="textbook"),
    "play": lambda ws: ws.play(messages=10),
    "diagnose": lambda ws: ws.diagnose(),
    "truth": lambda ws: ws.messages.truth(),
    "faults": lambda ws: ws.live.faults("crash_after@map=0.1"),
    "deploy_as_of": lambda ws: ws.exercises.deploy_as_of("08"),
    "undo": lambda ws: ws.exercises.undo("mapping-failures"),
    "bug": lambda ws: ws.lab.release_with_bug(),
    "poller": lambda ws: ws.lab.poller("MapLambda"),
    "resources": lambda ws: ws.aws.resources(),
    "outputs": lambda ws: ws.outputs,
    "stateless": lambda ws: ws.stateless.send(3),
    "tour": lambda ws: ws.tour.send(3),
}
CELL_FILE = "/tmp/ipykernel_1/2.py"  # noqa: S108 - the name that a kernel gives to a cell


def test_a_mistake_in_the_syntax_is_told_where_it_stands() -> None:
    """A cell that cannot be read has no frame; the line comes from the error itself."""
    with pytest.raises(SyntaxError) as caught:
        compile("here = 1\nthere = (", CELL_FILE, "exec")

    lines = error_lines(caught.value, caught.tb)

    assert lines[1] == "In line 2 of this cell: `there = (`"


def test_an_error_that_never_was_in_a_cell_names_no_line() -> None:
    """What happens outside of cells is not said to be in one."""
    with pytest.raises(ZeroDivisionError) as caught:
        print(1 // 0)

    assert not any("of this cell" in line for line in error_lines(caught.value, caught.tb))


def test_what_is_gone_after_a_restart_comes_back_with_the_cells_above() -> None:
    """A name, a resource or a stack that is missing may be one of before; then the cells above run again."""
    gone = ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}, "DescribeTable")
    missing = StackNotFoundError("course-textbook", is_in_notebook=True)

    for error in (NameError("totals"), gone, missing):
        assert CELLS_AGAIN in " ".join(error_lines(error, None)).lower()
    assert CELLS_AGAIN in str(missing)


def test_a_cloud_that_has_ended_needs_no_earlier_cell_again() -> None:
    """The cloud keeps what it held: after the first cell has started it, the cell that failed is the next."""
    lines = " ".join(error_lines(EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), None))

    assert FROM_A_NOTEBOOK in lines
    assert FROM_A_NOTEBOOK.endswith("as it was, then this cell")
    assert "cells above" not in lines


def test_an_interrupt_says_that_the_cell_may_run_again() -> None:
    """Whoever stops a cell half-way is told what became of it, and not where the code happened to be."""
    assert error_lines(KeyboardInterrupt(), None) == [
        "KeyboardInterrupt",
        "The cell was stopped half-way. What it has done so far stays; run it again when you like.",
    ]


def test_a_new_kernel_knows_what_to_do_before_the_first_cell_has_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a restart, a cell from the middle says that the first one comes first, in a few lines."""
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(ipython_folder()))
    cell = nbformat.v4.new_code_cell("ws.rest()", metadata={"tags": ["raises-exception"]})
    notebook = nbformat.v4.new_notebook(cells=[cell])

    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=str(ROOT))

    [error] = [each for each in cell.outputs if each.output_type == "error"]
    assert "after a restart of the kernel, run the" in " ".join(" ".join(error.traceback).split())
    assert len(error.traceback) <= 3


def test_a_stack_that_is_gone_is_made_again_by_the_notebook() -> None:
    """Whose pipeline is gone hears which cells bring it back; a command would deploy another one."""
    lines = error_lines(StackNotFoundError("course-tour-stateful"), None)

    assert "`course-tour-stateful` is not there" in lines[0]
    assert lines[1] == "Run the cells above again, from the first cell on: one of them deploys it."


def test_a_file_that_cannot_be_written_comes_with_advice() -> None:
    """A full disk is said with what helps, like every error that a learner can mend."""
    assert "Make room" in error_lines(OSError(errno.ENOSPC, "No space left on device"), None)[-1]


def test_an_error_that_says_what_to_do_gets_no_second_advice() -> None:
    """What the workshop raises on purpose ends with what to do; nothing is said twice."""
    assert advice_on(CloudNotRunningError("http://127.0.0.1:4566")) == ""


def test_aws_that_does_not_answer_is_not_started_again() -> None:
    """What a notebook can start is the offline cloud; without AWS, the way there is to be looked at."""
    for kind in (EndpointConnectionError, ConnectionClosedError):
        assert "Look at the network" in advice_on(
            kind(endpoint_url="https://kinesis.eu-west-1.amazonaws.com/")
        )
        assert "first cell" in advice_on(kind(endpoint_url="http://127.0.0.1:4566/"))
    assert "first cell" in advice_on(ConnectionRefusedError(111, "Connection refused"))


def test_a_call_with_wrong_arguments_is_told_how_to_look_them_up() -> None:
    """What Python says of arguments names no way on; `?` behind the name is one."""
    with pytest.raises(TypeError) as caught:
        error_lines()  # type: ignore[call-arg] # on purpose

    assert "`ws.send?`" in " ".join(error_lines(caught.value, caught.tb))


def test_a_type_error_of_other_code_gets_no_advice_on_arguments() -> None:
    """Whoever takes something out of nothing has called nobody."""
    assert advice_on(TypeError("'NoneType' object is not subscriptable")) == ""


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    """Who mistypes a method is asked whether another one was meant."""
    with pytest.raises(AttributeError) as caught:
        Path().exsts()  # type: ignore[attr-defined] # on purpose

    assert "Did you mean `exists`" in " ".join(error_lines(caught.value, caught.tb))


def test_a_stack_that_is_not_there_is_told_with_those_that_are() -> None:
    """A name that was mistyped is seen beside the right ones."""
    missing = StackNotFoundError("course-statefull", ("course-stateful",), is_in_notebook=True)

    assert "There are: course-stateful." in " ".join(error_lines(missing, None))


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A notebook whose cloud ended after its first cell."""
    cloud = Cloud("offline", region="us-east-1", endpoint=NOBODY)
    cloud.enter_notebook()
    return Workshop(open_bench(tmp_path_factory.mktemp("learner"), cloud).course, "06")


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_cell_says_that_the_cloud_has_gone_and_what_is_next(
    ws: Workshop, cell: Callable[[Workshop], object], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each call ends in the same line with its way on, and none claims that anything went well."""
    with pytest.raises(CloudNotRunningError) as caught:
        cell(ws)

    [line] = error_lines(caught.value, caught.tb)
    assert line.endswith(FROM_A_NOTEBOOK)
    assert "✓" not in capsys.readouterr().out
