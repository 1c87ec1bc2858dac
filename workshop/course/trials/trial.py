"""Trials of handler files: how a check is made of a series of observations.

A trial delivers events to the learner's functions on the scratch stack and yields what went wrong. The check
made of it reports only the first of these to the learner.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workshop.course.answers import read_handler, starter_file
from workshop.course.delivery import Delivery
from workshop.course.exercise import CheckResult, Function, incorrect, not_attempted, passed
from workshop.course.grafting import function_text
from workshop.course.held_back import begins_like_this
from workshop.course.trials.scratch_stack import ScratchStack, exclusive, open_scratch_stack
from workshop.pipeline.messages import Message
from workshop.settings import has_solutions

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.course.course import Course

__all__ = [
    "EMEA",
    "Trial",
    "busy_at",
    "busy_no_more",
    "check_by",
    "failures_in",
    "is_untouched",
    "lost_in_silence",
    "money",
    "trade",
]

Trial = Callable[[ScratchStack], Iterator[str]]

EMEA = {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}
# An environment reads its fault plan once a second at most.
SECONDS_UNTIL_READ = 1.1


def check_by(trial: Trial, answer: Function, *, success: str) -> Callable[[Course], CheckResult]:
    """Return the check that puts the handler file of an answer on trial.

    While the function, `handler` where the answer is the whole file, is as learners find it before the
    exercise, nothing is tried.
    """
    function = answer.name or "handler"

    def check(course: Course) -> CheckResult:
        if is_untouched(answer, course.root):
            return not_attempted(f"`{function}` in `lambdas/{answer.path}` is as you found it.")
        with exclusive(course):
            pipeline = answer.path.partition("/")[0]
            trouble = next(trial(open_scratch_stack(course, pipeline)), None)
        if trouble:
            return incorrect(trouble + _if_lost(answer, course.root))
        return passed(success)

    return check


def _if_lost(answer: Function, root: Path) -> str:
    """Say that the file lacks the function of the exercise, for example since it is another stage's."""
    text = read_handler(root, answer.path)
    if answer.name is None or text is None:
        return ""
    try:
        function_text(text, answer.name)
    except LookupError:
        return (
            f" `lambdas/{answer.path}` has no function `{answer.name}`, which this exercise is about: is it "
            "the right file? If not, delete it; then a reset of the exercise writes the starter again."
        )
    return ""


def trade(trade_id: str, value: str, version: int = 1, **more: Any) -> Message:
    """Return a message; its trade lies in `PV`, `FXSpot`, `EMEA` unless `hierarchy` says otherwise."""
    return Message(trade_id, Decimal(value), version, more.pop("hierarchy", EMEA), **more)


def money(value: Any) -> str:
    """Return an amount as people write it."""
    return f"{Decimal(value):,.2f}"


def failures_in(tried: Delivery, what: str) -> Iterator[str]:
    """Yield what is to be said if a function failed at an event that `what` describes."""
    if tried.error is None:
        return
    yield (
        f"{what}, and {tried.error}. Lambda would deliver the whole batch again, and again, and nothing "
        "behind it would get through."
    )


def busy_at(scratch: ScratchStack, stage: str, write: int) -> None:
    """Let DynamoDB be busy at one of the next writes of a stage, counted from one."""
    plan = {"seed": int(scratch.clock.now() * 1000), "strikes": [f"busy@{stage}#{write}"]}
    item = {"Parameter": {"S": "faults"}, "Value": {"S": json.dumps(plan)}}
    scratch.client("dynamodb").put_item(TableName=scratch.physical("ParameterTable"), Item=item)
    scratch.clock.sleep(SECONDS_UNTIL_READ)


def busy_no_more(scratch: ScratchStack) -> None:
    """Take the fault plan away; one that an environment has read strikes no second time."""
    key = {"Parameter": {"S": "faults"}}
    scratch.client("dynamodb").delete_item(TableName=scratch.physical("ParameterTable"), Key=key)


def lost_in_silence(scratch: ScratchStack, stage: str, event: Any, *, table: str) -> Iterator[str]:
    """Let the only write of a batch fail; yield what is wrong if the function says that all is well."""
    before = scratch.items(table)
    busy_at(scratch, stage, 1)
    tried = scratch.invoke(stage, event)
    busy_no_more(scratch)
    if tried.error is None and scratch.items(table) == before:
        yield (
            "DynamoDB was busy when a batch was to be written. The function "
            "swallowed the error and reported success, so Lambda goes on to the "
            f"next batch; nothing was added to {table}, and this one is lost."
        )


def is_untouched(answer: Function, root: Path) -> bool:
    """Whether the function of an answer, `handler` where it is the whole file, is as learners find it."""
    text, function = read_handler(root, answer.path), answer.name or "handler"
    if text is None:
        return False
    try:
        part = function_text(text, function)
        own = _without_comments(part)
    except (LookupError, RecursionError):
        return False
    if not has_solutions(root) and begins_like_this(answer, part, root):
        return True
    return any(
        own == _without_comments(function_text(starter_file(answer.path, each, root), function))
        # What an exercise of the ledger begins with is a solution, which may be held back.
        for each in ({"textbook", answer.variant} if has_solutions(root) else {"textbook"})
    )


def _without_comments(text: str) -> str:
    return ast.dump(ast.parse(text))
