"""What tests of the control room share: both pipelines in a laboratory, and rooms that are driven by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workshop.cloud.laboratory import Laboratory
from workshop.course.course import Course
from workshop.deploy.stacks import deploy
from workshop.notebook.control_room.controls import Controls
from workshop.notebook.control_room.model import RoomModel

PIPELINES = ("stateful", "stateless")


@dataclass
class Room:
    """A model with the laboratory that its pipelines are in; time passes only here."""

    model: RoomModel
    laboratory: Laboratory
    courses: dict[str, Course]

    def seconds(self, count: int, *, steps: bool = True) -> dict[str, Any]:
        """Let seconds pass: ten slices are sent in each, the pipelines work, and there is one tick."""
        for _ in range(count):
            for _ in range(10):
                self.laboratory.clock.advance(0.1)
                self.model.send()
            if steps:
                self.laboratory.step()
            self.tick = self.model.tick()
        return self.tick

    def run(self, seconds: int = 60) -> dict[str, Any]:
        """Start, and let seconds pass until the run is over."""
        self.model.command({"do": "start"})
        for _ in range(seconds):
            if self.seconds(1)["run"]["state"] == "done":
                break
        return self.tick

    @property
    def pipeline(self) -> dict[str, Any]:
        """The first pipeline as of the last tick."""
        return self.tick["pipelines"][0]


MakeRoom = Callable[..., Room]


@pytest.fixture(scope="module")
def laboratory() -> Iterator[Laboratory]:
    """A cloud in this process with both pipelines."""
    with Laboratory() as laboratory:
        for pipeline in PIPELINES:
            deploy(laboratory, pipeline, stack=f"course-{pipeline}")
        yield laboratory


@pytest.fixture
def make_room(laboratory: Laboratory, tmp_path: Path) -> MakeRoom:
    """Return how a room is made over empty pipelines; options are those of `Controls`."""
    laboratory.empty()
    courses = {
        pipeline: Course(
            laboratory, home=tmp_path, prefix="course", pipeline=pipeline, clock=laboratory.clock
        )
        for pipeline in PIPELINES
    }
    for course in courses.values():
        course.sent.rewind()

    def make(*names: str, **controls: Any) -> Room:
        chosen = {name: courses[name] for name in names or ("stateful",)}
        model = RoomModel(chosen, Controls(**controls))
        return Room(model, laboratory, chosen)

    return make


@pytest.fixture
def run_room(make_room: MakeRoom) -> MakeRoom:
    """Return how a room is made whose run is over."""

    def make(*names: str, **controls: Any) -> Room:
        room = make_room(*names, **controls)
        room.run()
        return room

    return make
