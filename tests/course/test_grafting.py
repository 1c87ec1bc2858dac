"""How one function of a learner's file is replaced."""

import ast

import pytest

from workshop.course.grafting import function_text, graft

LEARNER = '''"""A handler."""

import json

LIMIT = 5


def keep(trade):
    # Mine.
    return trade


def handler(event):
    # Also mine.
    return keep(event)
'''
SOLUTION = '''"""A handler."""

import json
from decimal import Decimal

LIMIT = 5
CONDITION = "newer"


def checked(trade):
    return Decimal(trade)


def keep(trade):
    return checked(trade), CONDITION, LIMIT


def handler(event):
    return json.dumps(keep(event))
'''


def run(text: str, name: str, *arguments: object) -> object:
    scope: dict[str, object] = {}
    exec(compile(text, "file", "exec"), scope)  # noqa: S102 - our own text
    function = scope[name]
    assert callable(function)
    return function(*arguments)


def test_a_function_is_replaced_and_the_rest_is_left() -> None:
    """The function gets the other version, and what the learner wrote elsewhere stays, comments included."""
    text = graft(LEARNER, "keep", donor=SOLUTION, like=LEARNER)

    assert function_text(text, "keep") == function_text(SOLUTION, "keep")
    assert function_text(text, "handler") == function_text(LEARNER, "handler")
    assert text.startswith('"""A handler."""')


def test_what_the_function_needs_comes_with_it() -> None:
    """Imports, constants and functions that are missing are added, those that are there are not repeated."""
    text = graft(LEARNER, "keep", donor=SOLUTION, like=LEARNER)

    assert str(run(text, "keep", "1.50")) == "(Decimal('1.50'), 'newer', 5)"
    assert text.count("LIMIT = 5") == 1
    assert text.count("import json") == 1


def test_grafting_twice_changes_nothing_more() -> None:
    """A function that is replaced by itself leaves the file as it is."""
    once = graft(LEARNER, "keep", donor=SOLUTION, like=LEARNER)

    assert graft(once, "keep", donor=SOLUTION, like=LEARNER) == once


def test_a_constant_of_the_learner_stays_unless_the_solution_has_another() -> None:
    """A constant is replaced only where the solution differs from what the learner began with."""
    changed = LEARNER.replace("LIMIT = 5", "LIMIT = 9")

    own = graft(changed, "keep", donor=SOLUTION, like=LEARNER)
    other = graft(changed, "keep", donor=SOLUTION.replace("LIMIT = 5", "LIMIT = 7"), like=LEARNER)

    assert "LIMIT = 9" in own
    assert "LIMIT = 7" in other


def test_a_function_that_the_learner_deleted_comes_back() -> None:
    """A function that is not in the file any more is added to it."""
    without = LEARNER.replace(function_text(LEARNER, "keep"), "")

    assert run(graft(without, "keep", donor=SOLUTION, like=LEARNER), "keep", "1") is not None


def test_decorators_belong_to_the_function() -> None:
    """A decorated function is taken and replaced with its decorators."""
    donor = "import functools\n\n\n@functools.cache\ndef keep(trade):\n    return trade\n"

    text = graft(graft(LEARNER, "keep", donor=donor, like=LEARNER), "keep", donor=SOLUTION, like=LEARNER)

    assert "@functools.cache" not in text
    ast.parse(text)


def test_a_file_that_is_no_python_is_an_error() -> None:
    """Nothing can be replaced in a text that does not parse."""
    with pytest.raises(SyntaxError):
        graft("def keep(:\n", "keep", donor=SOLUTION)


def test_a_function_that_nobody_has_is_an_error() -> None:
    """A donor without the function cannot give it."""
    with pytest.raises(LookupError):
        graft(LEARNER, "other", donor=SOLUTION)
