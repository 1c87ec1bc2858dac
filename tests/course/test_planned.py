"""What can be sent: so many made-up messages, or messages; everything else is refused in words."""

from types import SimpleNamespace
from typing import Any

import pytest

from workshop.course.tools.messages import MessageTools
from workshop.course.tools.planned import entries_of
from workshop.errors import ConfigurationError
from workshop.pipeline.example import EXAMPLE_MESSAGES

M1 = EXAMPLE_MESSAGES["M1"]


@pytest.mark.parametrize(
    "nothing", [None, "10", 1.5, True, M1, {"TradeID": "a"}, ["hello"], [{"TradeID": "a"}], [M1, 2]], ids=repr
)
def test_what_is_no_message_is_not_sent(nothing: object) -> None:
    """Whatever is neither a number nor messages is refused before anything is sent, with what it was."""
    with pytest.raises(ConfigurationError, match="not `"):
        entries_of(nothing, {}, 0)


@pytest.mark.parametrize(
    "options",
    [{"dupes": 1}, {"seed": "a"}, {"seed": 1.5}, {"duplicates": "ten"}, {"duplicates": 200}, {"modify": -1}],
    ids=repr,
)
def test_an_impossible_option_is_named(options: dict[str, object]) -> None:
    """An option that there is not, or that cannot have a value, is refused by its name."""
    with pytest.raises(ConfigurationError, match=f"`{next(iter(options))}`"):
        entries_of(5, options, 0)


@pytest.mark.parametrize("count", [0, -5])
def test_a_plan_has_a_message(count: int) -> None:
    """Nothing, and less than nothing, cannot be sent."""
    with pytest.raises(ConfigurationError, match="at least one message"):
        entries_of(count, {}, 0)


def test_options_do_not_go_with_messages() -> None:
    """Messages are sent as they are: an option that would change them is refused."""
    with pytest.raises(ConfigurationError, match="`seed` is for a number"):
        entries_of([M1], {"seed": 1}, 0)


@pytest.mark.parametrize(
    "more",
    [{"value": "x"}, {"value": "NaN"}, {"version": "x"}, {"version": True}, {"hierarchy": "PV"}],
    ids=repr,
)
def test_a_message_that_cannot_be_one_is_not_made(more: dict[str, Any]) -> None:
    """A value is an amount, a version a whole number, a hierarchy a dict; the error names what is not."""
    tools = MessageTools(SimpleNamespace())  # type: ignore[arg-type] # nothing is asked of it

    with pytest.raises(ConfigurationError):
        tools.new("a", **{"value": "1.00", **more})


def test_an_amount_is_what_was_written() -> None:
    """A number that is written with a point counts digit for digit, as in a text."""
    tools = MessageTools(SimpleNamespace())  # type: ignore[arg-type] # nothing is asked of it

    assert str(tools.new("a", 1.1).value) == "1.1"  # type: ignore[arg-type] # learners do
