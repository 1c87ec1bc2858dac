"""The score and the rounds, kept in ParameterTable, where the scoreboard reads them.

====================== ======================================================================================
item                   attributes
====================== ======================================================================================
``score``              Value (N, points), Rounds, ExactRounds: raised in the transaction that judges a round
``round#<run id>``     one round: how it was made (Options, Levels), how far it is (Status), and its verdict;
                       AtRest (BOOL) comes from outside, see `Board.is_at_rest`
``generator``          Holder, Until: who plays at the moment, and until when that is believed
====================== ======================================================================================

Every write here may be repeated. One invocation claims a round and judges it once: verdict and points are
written in one transaction, on the condition that there is no verdict yet and that nobody has cleared the
pipeline since the round began.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from botocore.exceptions import ClientError
from common.epoch import EPOCH_KEY
from common.items import Item, number, plain_item, text
from common.storage import Action, BusyError, Refusal, check, put, read_item, transact, update, write
from generator.judging import RunDifference

__all__ = ["Board", "RoundVerdict", "Score", "Status", "seconds"]

Result = TypeVar("Result")

KEY = "Parameter"
ATTEMPTS = 5
# An item holds 400 KB; the diagnosis works with the first of very many differences just as well.
MOST_DIFFERENCES = 200
# The condition of a round that is there and has no verdict.
OPEN = "attribute_exists(#RunID) AND attribute_not_exists(#Points)"


class Status(Enum):
    """How far a round is."""

    SENDING = "sending"
    SETTLING = "settling"
    JUDGED = "judged"
    VOID = "void"  # the truth is not known, so there is no verdict
    FAILED = "failed"


@dataclass(frozen=True)
class Score:
    """The game so far."""

    points: int = 0
    rounds: int = 0
    exact_rounds: int = 0


@dataclass(frozen=True)
class RoundVerdict:
    """What a round is worth.

    Units: `judged_at` in Unix seconds; `settled_seconds` from the last message until the totals were right.
    """

    differences: tuple[RunDifference, ...]
    judged_at: float
    settled_seconds: float

    @property
    def is_exact(self) -> bool:
        """Whether every total of the run is right to the cent, with no row too many."""
        return not self.differences

    @property
    def points(self) -> int:
        """100 for an exact round, otherwise 0."""
        return 100 if self.is_exact else 0


@dataclass(frozen=True)
class Board:
    """ParameterTable as the game uses it."""

    table: str

    def score(self) -> Score:
        """Return the score as every judged round left it."""
        item = self._read("score")
        return Score(int(item.get("Value", 0)), int(item.get("Rounds", 0)), int(item.get("ExactRounds", 0)))

    def epoch(self) -> int:
        """Return how often the pipeline has been cleared."""
        return int(self._read("epoch").get("Number", 0))

    def round(self, run_id: str) -> dict[str, Any]:
        """Return a round's item as Python values, empty if there is none."""
        return self._read(_round(run_id))

    def is_at_rest(self, run_id: str) -> bool:
        """Return whether whoever plays has seen that nothing of the round is under way any more.

        That can be seen only where the cloud tells, which AWS does not.
        """
        return bool(self.round(run_id).get("AtRest"))

    def take_lease(self, holder: str, *, until: float, now: float) -> bool:
        """Take the lease to play, unless another holder's is still running; return whether it was taken.

        Units: `until` and `now` in Unix seconds.
        """
        action = self._update(
            "generator",
            to={"Holder": text(holder), "Until": seconds(until)},
            condition="attribute_not_exists(#Holder) OR #Until < :Now OR #Holder = :Holder",
            values={"Now": seconds(now)},
        )
        return _try(action) is None

    def release_lease(self, holder: str) -> None:
        """Give the lease back before it runs out, so that the next invocation need not wait."""
        _try(
            self._update(
                "generator", to={"Until": number(0)}, condition="#Holder = :Me", values={"Me": text(holder)}
            )
        )

    def claim(self, run_id: str, holder: str, fields: Mapping[str, Item]) -> bool:
        """Record that this invocation plays the round; return False if another one did so before."""
        item = {KEY: text(_round(run_id)), "RunID": text(run_id), "Holder": text(holder), **fields}
        refusal = _try(put(self.table, item, condition=f"attribute_not_exists(#{KEY})"))
        # The first answer may have been lost: then the claim that stands there is this one.
        return refusal is None or (
            refusal.item.get("Holder") == text(holder) and "Points" not in refusal.item
        )

    def note(self, run_id: str, status: Status, **numbers: float) -> None:
        """Record how far the round is; a round that was judged or deleted stays as it is."""
        to = {"Status": text(status.value), **{name: seconds(value) for name, value in numbers.items()}}
        _try(self._update(_round(run_id), to=to, condition=OPEN))

    def end(self, run_id: str, status: Status, *, reason: str, now: float) -> None:
        """Close a round without a verdict, and say why; `now` in Unix seconds."""
        to = {"Status": text(status.value), "Reason": text(reason[:1000]), "JudgedAt": seconds(now)}
        _try(self._update(_round(run_id), to={**to, "Points": number(0)}, condition=OPEN))

    def enter(self, run_id: str, verdict: RoundVerdict, *, epoch: int) -> bool:
        """Enter the verdict and its points, once; say whether the round is judged.

        It is not if it was closed or deleted before, or if the pipeline was cleared since `epoch`.

        Raises:
            ClientError: DynamoDB refused for a reason other than these conditions.
            BusyError: it was busy at every attempt.
        """
        actions = [
            self._update(_round(run_id), to=_fields(verdict), condition=OPEN),
            self._update(
                "score",
                plus={
                    "Value": number(verdict.points),
                    "Rounds": number(1),
                    "ExactRounds": number(int(verdict.is_exact)),
                },
            ),
            self._same_epoch(epoch),
        ]
        try:
            if _patiently(lambda: transact(actions)):
                return True
        except ClientError as error:
            reasons = [reason["Code"] for reason in error.response.get("CancellationReasons", ())]
            if "ConditionalCheckFailed" not in reasons:
                raise
        # If the answer to the first attempt was lost, the second one found the verdict of the first.
        return self.round(run_id).get("Status") == Status.JUDGED.value

    def put_if_absent(self, parameter: str, value: str) -> None:
        """Write a setting unless there is one already."""
        item = {KEY: text(parameter), "Value": text(value)}
        _try(put(self.table, item, condition=f"attribute_not_exists(#{KEY})"))

    def _read(self, parameter: str) -> dict[str, Any]:
        item = _patiently(lambda: read_item(self.table, {KEY: text(parameter)}))
        return plain_item(item) if item else {}

    def _update(self, parameter: str, **what: Any) -> Action:
        return update(self.table, {KEY: text(parameter)}, **what)

    def _same_epoch(self, epoch: int) -> Action:
        if not epoch:
            return check(self.table, EPOCH_KEY, condition="attribute_not_exists(#Number)")
        return check(self.table, EPOCH_KEY, condition="#Number = :Number", values={"Number": number(epoch)})


def _round(run_id: str) -> str:
    return f"round#{run_id}"


def _try(action: Action) -> Refusal | None:
    return _patiently(lambda: write(action))


def _patiently(call: Callable[[], Result]) -> Result:
    """Retry a call that found the table busy or got no answer; its conditions tell what was done already."""
    for _ in range(ATTEMPTS - 1):
        try:
            return call()
        except BusyError:
            continue
    return call()


def seconds(value: float) -> Item:
    """Return a time or duration in seconds as an attribute, rounded to the millisecond."""
    return number(Decimal(str(round(value, 3))))


def _fields(verdict: RoundVerdict) -> dict[str, Item]:
    return {
        "Status": text(Status.JUDGED.value),
        "Points": number(verdict.points),
        "Exact": {"BOOL": verdict.is_exact},
        "JudgedAt": seconds(verdict.judged_at),
        "SettledSeconds": seconds(verdict.settled_seconds),
        "DifferenceCount": number(len(verdict.differences)),
        "Differences": text(json.dumps([_document(each) for each in verdict.differences[:MOST_DIFFERENCES]])),
    }


def _document(difference: RunDifference) -> dict[str, Any]:
    return {
        "path": difference.path,
        "kind": difference.kind.value,
        "expected": f"{difference.expected:f}",
        "found": f"{difference.found:f}",
        "expected_trades": difference.expected_trades,
        "found_trades": difference.found_trades,
    }
