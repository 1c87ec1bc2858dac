"""GeneratorLambda: one invocation plays one round of the game against a deployed pipeline.

It sends the round's messages into the stream, waits until their totals are at rest, at most a minute, and
holds them against the truth: 100 points if every total of the run is exact. A round is known by its run id:
an event that is delivered again finds the round claimed, and does nothing. One round is played at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from common.items import number, text
from common.reporting import report
from generator.board import Board, RoundVerdict, Score, Status, seconds
from generator.judging import Row, judge
from generator.level_two import LEVEL_TWO_FAULTS
from generator.planning import RoundOrder, is_apart, level_of, options_document, plan_options, truth_of_run
from generator.sending import Sent, send_all
from generator.settings import GeneratorSettings
from generator.timing import Clock, SystemClock
from generator.totals import UnreadableError, read_run

from workshop.pipeline.messages import MessagePlan, make_plan
from workshop.pipeline.truth import Truth

__all__ = ["handler", "play"]

LOOK_SECONDS = 1.0
# Exact totals must stay exact for so long: what counts a message twice may need a moment.
QUIET_SECONDS = 3.0
# What the invocation keeps of its time for the verdict.
RESERVE_SECONDS = 10.0


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Play the round that the event asks for; return its outcome, as `play` does.

    Shape: of the event, see `RoundOrder.from_event`.

    Raises:
        InvalidRoundError: the event asks for a round that cannot be played.
    """
    order = RoundOrder.from_event(event or {}, fallback_id=context.aws_request_id)
    return play(
        order,
        settings=GeneratorSettings.from_environ(),
        # A request that is delivered twice has one id, and must not pass for one invocation.
        holder=f"{context.aws_request_id} {uuid4().hex[:8]}",
        seconds_left=context.get_remaining_time_in_millis() / 1000,
    )


def play(
    order: RoundOrder,
    *,
    settings: GeneratorSettings,
    holder: str,
    seconds_left: float,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """Play a round unless somebody plays already, it was played before, or the game is over.

    Blocks until the verdict. What fails after the round was claimed closes the round and is raised.

    Shape: returns `{"run_id", "outcome", …}`; the outcome is `busy`, `over`, `repeated`, or the status of the
    round, such as `judged`, with `exact`, `points` and `differences`.

    Raises:
        InvalidRoundError: rounds of a schedule would mix.
    """
    clock = clock or SystemClock()
    board, started = Board(settings.score_table_name), clock.now()
    score = board.score()
    if order.max_rounds is not None and score.rounds >= order.max_rounds:
        return {"run_id": order.run_id, "outcome": "over", "rounds": score.rounds}
    if not board.take_lease(holder, until=started + seconds_left, now=started):
        return {"run_id": order.run_id, "outcome": "busy"}
    try:
        return _Round(order, settings, board, clock).run(score, holder, end=started + seconds_left)
    finally:
        board.release_lease(holder)


@dataclass
class _Round:
    """One round from its claim to its verdict."""

    order: RoundOrder
    settings: GeneratorSettings
    board: Board
    clock: Clock

    def run(self, score: Score, holder: str, *, end: float) -> dict[str, Any]:
        """Claim, send, wait, judge."""
        level = self.order.level or level_of(score.points)
        options = plan_options(self.order, level=level, hierarchy=self.settings.hierarchy_levels)
        epoch = self.board.epoch()
        fields = {
            "Status": text(Status.SENDING.value),
            "Level": number(level),
            "Options": text(options_document(options)),
            "Levels": text(",".join(self.settings.hierarchy_levels)),
            "Messages": number(options.messages),
            "Seed": number(options.seed),
            "StartedAt": seconds(self.clock.now()),
        }
        if not self.board.claim(self.order.run_id, holder, fields):
            return self._outcome("repeated", status=self.board.round(self.order.run_id).get("Status"))
        try:
            if level == 2:
                self.board.put_if_absent("faults", LEVEL_TWO_FAULTS)
            return self._play(make_plan(options), epoch=epoch, end=end)
        except Exception as error:
            self.board.end(self.order.run_id, Status.FAILED, reason=repr(error), now=self.clock.now())
            raise

    def _play(self, plan: MessagePlan, *, epoch: int, end: float) -> dict[str, Any]:
        sent = send_all(
            plan.entries,
            stream=self.settings.stream_name,
            clock=self.clock,
            deadline=end - self.order.settle_seconds - RESERVE_SECONDS,
            on_progress=lambda accepted: self._note(Status.SENDING, Accepted=accepted),
        )
        if sent.refused:
            return self._void(f"{sent.refused} messages could not be sent: {sent.reason}")
        self._note(Status.SETTLING, Accepted=sent.accepted, Resent=sent.resent, SentAt=self.clock.now())
        verdict = self._verdict(truth_of_run(plan.messages, self.settings.hierarchy_levels))
        if not self.board.enter(self.order.run_id, verdict, epoch=epoch):
            return self._void("the pipeline was cleared during the round")
        _report(sent, verdict)
        return self._outcome(
            Status.JUDGED.value,
            exact=verdict.is_exact,
            points=verdict.points,
            differences=len(verdict.differences),
        )

    def _verdict(self, truth: Truth) -> RoundVerdict:
        """Look until all is at rest, the totals have been exact for a moment, or the time is over."""
        sent_at = self.clock.now()
        exact_since: float | None = None
        rows: Mapping[str, Row] = {}
        run_id = self.order.run_id if is_apart(self.settings.hierarchy_levels) else None
        while True:
            # Asked first: what was done by then is seen in the totals.
            is_at_rest = self.board.is_at_rest(self.order.run_id)
            try:
                rows = read_run(self.settings.aggregate_table_name, run_id, clock=self.clock)
            except UnreadableError:
                exact_since, is_at_rest = None, False
            now, differences = self.clock.now(), judge(rows, truth)
            if differences:
                exact_since = None
            elif exact_since is None:
                exact_since = now
            stays_exact = exact_since is not None and now - exact_since >= QUIET_SECONDS
            if is_at_rest or stays_exact or now - sent_at >= self.order.settle_seconds:
                return RoundVerdict(differences, now, (exact_since or now) - sent_at)
            self.clock.sleep(min(LOOK_SECONDS, max(0.01, sent_at + self.order.settle_seconds - now)))

    def _void(self, reason: str) -> dict[str, Any]:
        self.board.end(self.order.run_id, Status.VOID, reason=reason, now=self.clock.now())
        return self._outcome(Status.VOID.value, reason=reason)

    def _note(self, status: Status, **numbers: float) -> None:
        self.board.note(self.order.run_id, status, **numbers)

    def _outcome(self, outcome: str, **more: Any) -> dict[str, Any]:
        return {"run_id": self.order.run_id, "outcome": outcome, **more}


def _report(sent: Sent, verdict: RoundVerdict) -> None:
    counts = {"accepted": sent.accepted, "resent": sent.resent, "differences": len(verdict.differences)}
    report("game", {**counts, "points": verdict.points})
