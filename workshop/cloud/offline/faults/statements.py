"""BatchExecuteStatement that carries out only some of its statements: DynamoDB is too busy for the others.

The response is the one that DynamoDB would give: status 200, and an error for each statement that it refuses.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementError.html.
"""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from workshop.cloud.fault_plan import FaultKind
from workshop.cloud.offline.faults.dice import FaultDice
from workshop.cloud.offline.faults.records import with_body
from workshop.cloud.offline.http.calls import Answer, Call

__all__ = ["BATCH", "BusyStatements"]

BATCH = "BatchExecuteStatement"
REMEMBERED = 1000
REFUSED = {
    "Error": {
        "Code": "ProvisionedThroughputExceeded",
        "Message": "The level of configured provisioned throughput for the table was exceeded; "
        "the fault plan asked for it.",
    }
}


class BusyStatements:
    """Statements that are refused, each for some attempts."""

    def __init__(self) -> None:
        self._attempts: dict[str, int] = {}

    def choose(self, call: Call, dice: FaultDice, stage: str, *, attempts: int) -> None:
        """Let some statements of a call fail, this time and in later ones: at most so often."""
        statements = [_text(each) for each in _statements(call)]
        chosen = [each for each in statements if dice.choose(FaultKind.THROTTLED, stage, 2)]
        if len(self._attempts) > REMEMBERED:
            self._attempts.clear()
        for each in chosen or statements[:1]:
            self._attempts[each] = 1 + dice.choose(FaultKind.THROTTLED, stage, attempts)

    def answer(self, call: Call, through: Callable[[Call], Answer]) -> Answer:
        """Carry out the statements that are not refused, and return the response to the whole call."""
        statements = _statements(call)
        refused = [self._fails(each) for each in statements]
        if not any(refused):
            return through(call)
        taken = [each for each, fails in zip(statements, refused, strict=True) if not fails]
        if not taken:
            return Answer.of_json({"Responses": [REFUSED] * len(refused)})
        answer = through(with_body(call, {**json.loads(call.body), "Statements": taken}))
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            return answer
        done = iter(json.loads(answer.body)["Responses"])
        return Answer.of_json({"Responses": [REFUSED if fails else next(done) for fails in refused]})

    def _fails(self, statement: Any) -> bool:
        text = _text(statement)
        left = self._attempts.pop(text, 0)
        if left > 1:
            self._attempts[text] = left - 1
        return left > 0


def _statements(call: Call) -> list[Any]:
    """Return the statements of a call; none if it is not valid, which DynamoDB says better."""
    try:
        found = json.loads(call.body)["Statements"]
    except (ValueError, KeyError, TypeError):
        return []
    return found if isinstance(found, list) else []


def _text(statement: Any) -> str:
    return json.dumps(statement, sort_keys=True)
