"""How the notebooks are written: head and end, short cells, little text between, links that lead on."""

import re
from itertools import pairwise

import nbformat
import pytest

from tests.course.notebooks.checkouts import Checkout, fresh_checkout
from tests.course.notebooks.runs import CHECK, NUMBERS, source_of, starter_notebook
from workshop.course.exercises import all_exercises

LONGEST_CELL_LINES = 10
MOST_WORDS = 120
# After the last cell of code come the recap, the questions and the next step as well.
MOST_WORDS_AT_THE_END = 200
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
TABLE_LINE = re.compile(r"^\|.*\|$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SHELL_LINE = re.compile(r"^\s*(!|%%?(bash|sh|system|sx)\b)", re.MULTILINE)
OF_CONSOLES = re.compile(r"screenshot|management console|\bin the console\b|cloud9|!\[", re.IGNORECASE)
IMPORT = "from workshop.notebook import start"
OWN_IMPORT = re.compile(r"^[# ]*((?:from|import) (?:workshop|lambdas|tests)\b.*)$", re.MULTILINE)
OTHER_TAGS = {"offline-only"}


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Checkout:
    """A clone that nobody has worked in."""
    return fresh_checkout(tmp_path_factory.mktemp("written"))


@pytest.fixture(params=NUMBERS)
def number(request) -> str:
    """The number of each notebook in turn."""
    return request.param


@pytest.fixture
def notebook(clone, number) -> nbformat.NotebookNode:
    """The notebook as learners get it."""
    return starter_notebook(clone, number)


def code_of(notebook: nbformat.NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def texts_of(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the text between each two code cells, from the first to the last."""
    texts = [""]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            texts.append("")
        else:
            texts[-1] += cell.source + "\n\n"
    return texts


def words_of(text: str) -> int:
    """Return how many words of prose a text has; diagrams, examples and tables are looked at, not read."""
    return len(TABLE_LINE.sub("", FENCED.sub("", text)).split())


def test_a_notebook_begins_with_goal_time_and_needs(notebook) -> None:
    """The first text is a title, a goal, minutes and what one needs; the first code starts the session."""
    head = notebook.cells[0].source

    assert re.match(r"# \S", head)
    assert re.search(r"\*\*Goal:\*\* \S", head)
    assert re.search(r"\*\*Time:\*\* \d+ minutes", head)
    assert re.search(r"\*\*You need:\*\* \S", head)


def test_the_first_code_starts_the_session_of_this_notebook(notebook, number) -> None:
    """Each notebook begins its code with the same two lines, so that it works on its own."""
    first = code_of(notebook)[0]

    assert first.splitlines()[0] == IMPORT
    assert f'ws = start("{number}")' in first


def test_a_notebook_imports_nothing_of_the_workshop_but_start(notebook, number) -> None:
    """Whatever else learners need is offered by `ws`, in the starter and in the solution."""
    starter = "\n".join(cell.source for cell in notebook.cells)
    solution = source_of(number).read_text(encoding="utf-8")

    assert [OWN_IMPORT.findall(text) for text in (starter, solution)] == [[IMPORT], [IMPORT]]


def test_a_notebook_ends_with_recap_questions_and_the_next_step(notebook, number) -> None:
    """The last text says what was seen, asks questions to consider, and leads to the next notebook."""
    texts = texts_of(notebook)
    following = dict(pairwise(NUMBERS)).get(number)

    assert re.search(r"^## (What you have seen|The end)", "".join(texts[-2:]), re.MULTILINE)
    assert re.search(r"Questions to (consider|take along)", texts[-1])
    if following:
        assert f"{source_of(following).stem}.ipynb" in texts[-1]


def test_cells_of_code_are_short(notebook) -> None:
    """No cell of code has more than ten lines, blank ones left out."""
    lines = {
        source: len([line for line in source.splitlines() if line.strip()]) for source in code_of(notebook)
    }

    assert [source for source, count in lines.items() if count > LONGEST_CELL_LINES] == []


def test_there_is_little_to_read_between_two_cells_of_code(notebook) -> None:
    """Between two cells of code stand at most 120 words; only what follows the last one is longer."""
    *between, end = texts_of(notebook)

    assert [(words_of(text), text[:60]) for text in between if words_of(text) > MOST_WORDS] == []
    assert words_of(end) <= MOST_WORDS_AT_THE_END


def test_nothing_is_a_line_for_a_shell(notebook) -> None:
    """No cell runs a shell, which would be another one on Windows."""
    assert [source for source in code_of(notebook) if SHELL_LINE.search(source)] == []


def test_links_lead_to_files_that_are_there(notebook, clone) -> None:
    """Every relative link names a file of the checkout."""
    links = [link for text in texts_of(notebook) for link in LINK.findall(FENCED.sub("", text))]
    files = [link.partition("#")[0] for link in links if not re.match(r"https?:|#", link)]

    assert [file for file in files if not (clone.notebooks / file).resolve().exists()] == []


def test_links_to_other_places_are_secure(notebook) -> None:
    """Every other link uses https."""
    assert "http://" not in re.sub(r"http://127\.0\.0\.1|http://localhost", "", "".join(texts_of(notebook)))


def test_nothing_depends_on_what_a_console_looks_like(notebook) -> None:
    """No text tells where to click in a console, and none shows a picture of one."""
    assert [text for text in texts_of(notebook) if OF_CONSOLES.search(text)] == []


def test_no_cell_holds_the_answer_to_a_question(notebook) -> None:
    """What a question asks for is never written into the cell that asks or reveals it."""
    given = r"""ws\.(predict|quiz)\([^)]*answer|ws\.reveal\("[^"]+", *["'\d]"""

    assert [source for source in code_of(notebook) if re.search(given, source)] == []


def test_a_notebook_is_shipped_without_outputs(notebook) -> None:
    """No cell has an output or a count, and every cell has an id of its own."""
    ids = [cell.id for cell in notebook.cells]

    assert len(set(ids)) == len(ids)
    assert all(not cell.outputs and not cell.execution_count for cell in notebook.cells if "outputs" in cell)


def test_cells_keep_their_ids(tmp_path, clone) -> None:
    """Built again elsewhere, every notebook has the same bytes, and so the same ids."""
    first, again = (
        {path.name: path.read_bytes() for path in each.notebooks.glob("*.ipynb")}
        for each in (clone, fresh_checkout(tmp_path))
    )

    assert len(first) == len(NUMBERS)
    assert again == first


def test_tags_name_exercises_that_exist(notebook, number) -> None:
    """A tag is `exercise:<id>` of an exercise of this notebook, or marks a step as offline only."""
    here = {f"exercise:{exercise.id}" for exercise in all_exercises() if exercise.notebook == number}
    tags = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", ())}

    assert tags <= here | OTHER_TAGS


def test_every_exercise_is_checked_in_its_notebook(notebook, number) -> None:
    """Each exercise of a notebook has a check there, and no other exercise is checked."""
    here = {exercise.id for exercise in all_exercises() if exercise.notebook == number}
    checked = {exercise for source in code_of(notebook) for exercise in CHECK.findall(source)}

    assert checked == here


def test_live_figures_are_left_to_the_session(notebook) -> None:
    """No notebook makes a FigureWidget of its own: each one sends five megabytes to the browser."""
    assert [source for source in code_of(notebook) if "FigureWidget" in source] == []
