"""The board of one class: what its pages and its learners ask of it, and what the instructor says.

Joins store, clock, plan and limits. Knows nothing of HTTP: `api.py` and `pages.py` speak that.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.classroom.board.limits import RequestLimits
from workshop.classroom.board.plan import ClassPlan, CourseStep, steps_of_plan
from workshop.classroom.board.standing import ClassView, class_view
from workshop.classroom.board.store import ClassStore, new_code
from workshop.classroom.board.tables import BestScore, Learner
from workshop.classroom.protocol import instant
from workshop.clock import Clock
from workshop.settings import SOLUTIONS

__all__ = ["ClassBoard", "ClassSetup"]


@dataclass(frozen=True)
class ClassSetup:
    """What a class is about: its name, the steps of the course, notebooks by number, perhaps a plan.

    `root` is the checkout whose solutions are released; None if there are none to release.
    """

    name: str
    steps: tuple[CourseStep, ...]
    notebooks: dict[str, str]
    plan: ClassPlan | None = None
    root: Path | None = None


class ClassBoard:
    """One class. Whatever is said is kept before a call returns. For one thread."""

    def __init__(self, setup: ClassSetup, store: ClassStore, clock: Clock) -> None:
        self.setup = setup
        self.store = store
        self.clock = clock
        self.limits = RequestLimits(clock)
        self.steps = steps_of_plan(setup.steps, setup.plan)
        self.wrong_codes = 0
        self._key = store.kept("key", secrets.token_urlsafe(24))
        store.kept("code", new_code())
        self.class_id = store.kept("class", secrets.token_hex(8))

    @property
    def key(self) -> str:
        """The instructor's key, which stays the same over restarts."""
        return self._key

    def secret_for(self, purpose: str) -> str:
        """Return what only somebody with the instructor's key can know, for a cookie or a form."""
        return hmac.new(self._key.encode(), purpose.encode(), hashlib.sha256).hexdigest()

    def is_secret(self, purpose: str, offered: str) -> bool:
        """Whether somebody offers the right secret."""
        return hmac.compare_digest(self.secret_for(purpose).encode(), offered.encode("utf-8", "replace"))

    def is_key(self, offered: str) -> bool:
        """Whether somebody offers the instructor's key."""
        return hmac.compare_digest(self._key.encode(), offered.encode("utf-8", "replace"))

    @property
    def code(self) -> str:
        """The join code of now."""
        return self.store.setting("code") or ""

    def is_code(self, offered: str) -> bool:
        """Whether somebody offers the join code of now; whoever does not is counted."""
        is_right = hmac.compare_digest(self.code.encode(), offered.encode("utf-8", "replace"))
        self.wrong_codes += not is_right
        return is_right

    @property
    def is_closed(self) -> bool:
        """Whether the class is over: nobody joins, and nothing is reported any more."""
        return self.store.setting("closed") is not None

    @property
    def announced(self) -> str | None:
        """The notebook where the class is, as the instructor said."""
        return self.store.setting("announced")

    @property
    def released(self) -> tuple[str, ...]:
        """The notebooks whose solutions are released."""
        return tuple(json.loads(self.store.setting("released") or "[]"))

    @property
    def has_solutions(self) -> bool:
        """Whether there are solutions to release on this machine."""
        return self.setup.root is not None and (self.setup.root / SOLUTIONS).is_dir()

    @property
    def begun(self) -> float | None:
        """When the clock of the plan was started, in unix seconds."""
        found = self.store.setting("begun")
        return None if found is None else float(found)

    def announce(self, notebook: str) -> None:
        """Say where the class is; the first time starts the clock of the plan."""
        self.store.set("announced", notebook if notebook in self.setup.notebooks else None)
        if self.begun is None and self.announced:
            self.start_clock()

    def start_clock(self) -> None:
        """Let the plan begin now."""
        self.store.set("begun", repr(self.clock.now()))

    def release(self, notebook: str) -> None:
        """Let learners have the solutions of a notebook."""
        if notebook in self.setup.notebooks:
            self._set_released({*self.released, notebook})

    def withhold(self, notebook: str) -> None:
        """Give the solutions of a notebook to nobody any more; who has them keeps them."""
        self._set_released({*self.released} - {notebook})

    def renew_code(self) -> None:
        """Make a new join code; the old one lets nobody in any more."""
        self.store.set("code", new_code())
        self.wrong_codes = 0

    def close(self) -> None:
        """End the class; what was reported can still be looked at."""
        self.store.set("closed", "yes")

    def reopen(self) -> None:
        """Go on with a class that was closed."""
        self.store.set("closed", None)

    def state_for(self, learner: Learner) -> dict[str, Any]:
        """Return what a learner is told after each request."""
        plan, begun = self.setup.plan, self.begun
        return {
            "announced": self.announced,
            "closed": self.is_closed,
            "released": list(self.released) if self.has_solutions else [],
            "helped_at": None if learner.helped_at is None else instant(learner.helped_at),
            "calling": learner.help_at is not None,
            "plan": None if plan is None else plan.document(None if begun is None else instant(begun)),
            "accepted": learner.accepted,
            "now": instant(self.clock.now()),
        }

    def view(self) -> ClassView:
        """Return the class as it stands."""
        return class_view(
            self.steps,
            self.store.learners(),
            self.store.steps(),
            self.clock.now(),
            plan=self.setup.plan,
            begun=self.begun,
        )

    def best_scores(self) -> Sequence[tuple[str, BestScore]]:
        """Return the alias and the score of everybody who has played, the best first."""
        aliases = {each.id: each.alias for each in self.store.learners()}
        return [(aliases[each.learner], each) for each in self.store.scores() if each.learner in aliases]

    def _set_released(self, notebooks: set[str]) -> None:
        self.store.set("released", json.dumps(sorted(notebooks)))
