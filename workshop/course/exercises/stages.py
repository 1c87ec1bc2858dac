"""Exercises of notebooks 03 to 05: the three stages are connected to what they read, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["EXERCISES"]

FROM_THE_START = "TRIM_HORIZON"


@dataclass(frozen=True)
class StageConnection:
    """One connection: which function, what it has to read, and in batches of how many records."""

    function: str
    source: str
    batch_size: int

    def check(self, course: Course) -> CheckResult:
        """Observe the settings of the function's event source mapping."""
        mapping = course.mapping(self.function)
        if mapping is None:
            return not_attempted(f"{self.function} has no event source mapping yet: nothing reads for it.")
        if trouble := self._trouble(course, mapping):
            return incorrect(trouble)
        return passed(
            f"{self.function} gets the records of {self.source}, from the oldest on, "
            f"up to {self.batch_size:,} at a time. The mapping is enabled."
        )

    def is_done(self, course: Course) -> bool:
        """Whether later notebooks can rely on the connection, whatever its batches."""
        mapping = course.mapping(self.function)
        return (
            mapping is not None
            and mapping["EventSourceArn"] == course.stream_arn(self.source)
            and mapping["State"] == "Enabled"
        )

    def undo(self, course: Course) -> None:
        """Delete the mapping."""
        course.disconnect(self.function)

    def _trouble(self, course: Course, mapping: dict[str, Any]) -> str:
        """Feedback on the most important setting that is wrong; empty if none is."""
        start, size = mapping.get("StartingPosition"), mapping["BatchSize"]
        if (source := mapping["EventSourceArn"]) != course.stream_arn(self.source):
            return f"The mapping reads `{source}`, which is not the stream of {self.source}."
        if mapping["State"] == "Disabled":
            return "The mapping is there, but its state is `Disabled`, so it reads nothing."
        if start != FROM_THE_START:
            return (
                f"The mapping began to read at `{start}`. What was in the stream before that moment "
                f"never reaches {self.function}."
            )
        if size != self.batch_size:
            return f"A batch holds up to {size:,} records; the task asks for another number."
        return ""


STATE = StageConnection("StateLambda", "IncomingDataStream", 100)
MAP = StageConnection("MapLambda", "StateTable", 1000)
REDUCE = StageConnection("ReduceLambda", "ReduceTable", 1000)


def _exercise(exercise_id: str, stage: StageConnection, *, title: str, notebook: str) -> Exercise:
    return Exercise(
        id=exercise_id,
        title=title,
        notebook=notebook,
        minutes=4,
        answer_location=Cell(notebook),
        check=stage.check,
        is_done=stage.is_done,
        undo=stage.undo,
    )


EXERCISES = (
    _exercise(
        "connect-state",
        STATE,
        title="Connect StateLambda to the stream",
        notebook="03",
    ),
    _exercise(
        "connect-map",
        MAP,
        title="Connect MapLambda to the changes of StateTable",
        notebook="04",
    ),
    _exercise(
        "connect-reduce",
        REDUCE,
        title="Connect ReduceLambda to the rows of ReduceTable",
        notebook="05",
    ),
)
