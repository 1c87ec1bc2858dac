"""PutRecords that accepts only some records, or that is preceded by a poison message from somebody else.

The response is the one that Kinesis would give: each rejected record has an error and must be sent again; the
poison message does not appear in it. Source:
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from workshop.cloud.fault_plan import FaultKind
from workshop.cloud.offline.faults.dice import FaultDice
from workshop.cloud.offline.http.calls import Answer, Call, Headers

__all__ = ["put_some", "with_body"]

PRODUCER = "producer"
NOT_TAKEN = {
    "ErrorCode": "ProvisionedThroughputExceededException",
    "ErrorMessage": "Rate exceeded for shard; the fault plan asked for it.",
}
# Each is one way in which a record can fail to be a risk message.
POISON = (
    b"not JSON at all",
    b"\xff\xfe\x00",
    b"[1, 2, 3]",
    b'{"TradeID": "poison", "Value": NaN, "Version": 1}',
    b'{"TradeID": "poison", "Value": 1.5, "Version": 1.5, "Timestamp": 1, "Hierarchy": {}}',
)
REFUSED_ONE_IN = 3


def put_some(call: Call, through: Callable[[Call], Answer], dice: FaultDice) -> Answer:
    """Put the records that the dice let through, and return the response to the whole call."""
    try:
        document = json.loads(call.body)
        records = list(document["Records"])
    except (ValueError, KeyError, TypeError):
        return through(call)  # not the JSON protocol, or no valid call
    if dice.falls(FaultKind.POISON, PRODUCER):
        # In a call of its own, since the caller's may be as full as a call can be.
        through(with_body(call, {**document, "Records": [_poison(dice)]}))
    if not dice.falls(FaultKind.PARTIAL_PUT, PRODUCER):
        return through(call)
    first = dice.choose(FaultKind.PARTIAL_PUT, PRODUCER, REFUSED_ONE_IN)
    refused = set(range(first, len(records), REFUSED_ONE_IN)) or {0}
    taken = [record for index, record in enumerate(records) if index not in refused]
    answers: Iterator[Any] = iter(())
    if taken:
        answer = through(with_body(call, {**document, "Records": taken}))
        if answer.status >= HTTPStatus.MULTIPLE_CHOICES:
            return answer
        answers = iter(json.loads(answer.body)["Records"])
    results = [NOT_TAKEN if index in refused else next(answers) for index in range(len(records))]
    return Answer.of_json({"FailedRecordCount": len(refused), "Records": results})


def _poison(dice: FaultDice) -> dict[str, Any]:
    number = dice.choose(FaultKind.POISON, PRODUCER, len(POISON))
    return {"Data": base64.b64encode(POISON[number]).decode(), "PartitionKey": f"poison-{number}"}


def with_body(call: Call, document: dict[str, Any]) -> Call:
    """Return the call with another document in its body."""
    body = json.dumps(document).encode()
    pairs = [(name, value) for name, value in call.headers.pairs if name.lower() != "content-length"]
    return replace(call, headers=Headers([*pairs, ("Content-Length", str(len(body)))]), body=body)
