"""The calls of `ws` that text names in passing: each can be read as Python, and `ws` has it."""

import ast
import re
from types import SimpleNamespace
from typing import Any

import pytest

from tests.documents.reading import FENCE, prose
from workshop.course.course import Course
from workshop.notebook import Workshop

CALLS = sorted(
    {call for text in prose().values() for call in re.findall(r"(?<!`)`(ws\.[^`]+)`", FENCE.sub("", text))}
)


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The surface of a notebook, in a cloud that answers no call."""
    cloud: Any = SimpleNamespace(client=None, badge="NOWHERE", offline=None)
    return Workshop(Course(cloud, home=tmp_path_factory.mktemp("home")), "06")


@pytest.mark.parametrize("call", CALLS)
def test_a_call_can_be_read_and_is_there(ws: Workshop, call: str) -> None:
    """What text calls `ws.something` is a name that Tab offers, in its group, and the call is Python."""
    if not call.endswith("."):
        ast.parse(" ".join(call.split()).replace("…", "..."))
    owner: Any = ws
    for name in re.match(r"ws((?:\.\w+)*)", call)[1].split(".")[1:]:
        assert name in dir(owner)
        # A property would ask the cloud, which none of them needs to do to be there.
        owner = vars(owner).get(name)
