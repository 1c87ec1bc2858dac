"""What `ws` offers: few names, each explained, on one screen; the same in a notebook and outside."""

import inspect
import pydoc
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.course.course import Course
from workshop.course.tools.plain import PlainWorkshop
from workshop.notebook import Workshop
from workshop.notebook.session import GUIDE

SCREEN_LINES = 40
SCREEN_COLUMNS = 110
GROUPS = ("aws", "costs", "exercises", "lab", "leftovers", "live", "messages", "tables")


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A course in a cloud that answers no call: whatever asks it fails."""
    cloud: Any = SimpleNamespace(client=None, badge="NOWHERE", offline=None)
    return Course(cloud, home=tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def ws(course: Course) -> Workshop:
    """The surface of notebook 06."""
    return Workshop(course, "06")


def public_names(thing: object) -> list[str]:
    return [name for name in dir(thing) if not name.startswith("_")]


def document_of(owner: object, name: str) -> str:
    """Return what `?` explains of a name, found without calling anything."""
    value = inspect.getattr_static(owner, name)
    if isinstance(value, (Path, str)):
        return "a value explains itself"
    return inspect.getdoc(value) or ""


def test_help_fits_on_a_screen(ws: Workshop) -> None:
    """`help(ws)` prints at most 40 lines, none of them longer than a page is wide."""
    lines = pydoc.render_doc(ws, renderer=pydoc.plaintext).splitlines()

    assert len(lines) <= SCREEN_LINES
    assert max(map(len, lines)) <= SCREEN_COLUMNS


def test_help_names_everything_that_tab_offers(ws: Workshop) -> None:
    """Every public name stands in the guide."""
    words = set(GUIDE.replace(".", " ").replace("(", " ").replace(",", " ").replace("`", " ").split())

    assert set(public_names(ws)) <= words


def test_tab_offers_public_names_alone(ws: Workshop) -> None:
    """`dir` of the session and of the other pipelines tells nothing but what a learner may use."""
    for each in (ws, ws.stateless, ws.tour):
        assert dir(each) == sorted(public_names(each))


def test_nothing_is_forwarded_in_secret(ws: Workshop) -> None:
    """A name that is not there is an AttributeError; no class catches unknown names."""
    for each in (ws, ws.stateless, *(getattr(ws, group) for group in GROUPS)):
        assert not hasattr(type(each), "__getattr__")


def test_every_name_is_explained(ws: Workshop) -> None:
    """Each method and each group, and each method of a group, has a docstring."""
    owners = [ws, ws.stateless, *(getattr(ws, group) for group in GROUPS)]
    bare = [
        f"{type(each).__name__}.{name}"
        for each in owners
        for name in public_names(each)
        if not document_of(each, name)
    ]

    assert bare == []


def test_a_cell_finds_the_same_calls_outside_a_notebook(ws: Workshop, course: Course) -> None:
    """What catching up and submissions give a cell as `ws` is part of what a notebook gives it."""
    plain = PlainWorkshop(course)

    assert set(public_names(plain)) <= set(public_names(ws))
    groups = set(GROUPS) & set(public_names(plain))
    assert groups
    for group in groups:
        assert type(getattr(plain, group)) is type(getattr(ws, group))
    assert set(public_names(plain.stateless)) <= set(public_names(ws.stateless))


def test_the_session_asks_for_nothing_until_it_is_used(ws: Workshop) -> None:
    """Looking at `ws`, at its help and at its names makes no call to the cloud, and deploys nothing."""
    assert "notebook 06" in repr(ws)
    assert "tour" in repr(ws.tour)
    assert "deploy" in dir(ws.tour)
