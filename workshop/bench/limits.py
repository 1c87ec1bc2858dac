"""What this machine could reach at best: boto3 alone, and plain Python alone, for the same calls.

Both are measured in CPU time, beside what they are compared with, since machines differ and are busy.
"""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from botocore.awsrequest import AWSResponse

from workshop.bench.processes import own_cpu_seconds
from workshop.pipeline.messages import Message
from workshop.pipeline.truth import roll_up_paths

__all__ = ["bare_cost", "decode_and_sum_cost"]

REPLAY = "workshop-bench-replay"
# Systems count CPU in hundredths of a second.
LEAST_CPU_SECONDS = 0.3
TIMESTAMP = 1_750_000_000.0


def bare_cost(client: Any, operation: str, call: Callable[[], object]) -> float:
    """Return the seconds of CPU that boto3 needs for a call that is answered at once, without a network.

    `call` makes one call of `operation` (`PutRecords`, say) of the client: the first is really made, and all
    others get the same answer.
    """
    service = client.meta.service_model.service_id.hyphenize()
    events = client.meta.events
    answers: list[AWSResponse] = []

    def keep(*, http_response: AWSResponse, **_: Any) -> None:
        answers.append(http_response)

    def replay(**_: Any) -> AWSResponse:
        return _again(answers[0])

    events.register(f"after-call.{service}.{operation}", keep, unique_id=REPLAY)
    try:
        call()
    finally:
        events.unregister(f"after-call.{service}.{operation}", unique_id=REPLAY)
    events.register(f"before-send.{service}.{operation}", replay, unique_id=REPLAY)
    try:
        return _cost(call)
    finally:
        events.unregister(f"before-send.{service}.{operation}", unique_id=REPLAY)


def decode_and_sum_cost(messages: Sequence[Message]) -> float:
    """Return the seconds of CPU for a message that plain Python decodes and adds to each of its totals."""
    records = [base64.b64encode(message.wire(TIMESTAMP)).decode() for message in messages]
    return _cost(partial(_decode_and_sum, records)) / len(records)


def _decode_and_sum(records: Sequence[str]) -> dict[str, Decimal]:
    totals: dict[str, Decimal] = {}
    for record in records:
        message = json.loads(base64.b64decode(record), parse_float=Decimal)
        for path in roll_up_paths(message["Hierarchy"]):
            totals[path] = totals.get(path, Decimal(0)) + message["Value"]
    return totals


def _cost(call: Callable[[], object]) -> float:
    """Repeat a call until it has used enough CPU for the system's clock to tell it; return what one used."""
    before, calls = own_cpu_seconds(), 0
    while (used := own_cpu_seconds() - before) < LEAST_CPU_SECONDS:
        call()
        calls += 1
    return used / calls


class _Content:
    """A body to be read, as urllib3 gives it to boto3."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def _again(answer: AWSResponse) -> AWSResponse:
    """Return an answer anew, with the same content."""
    headers: Any = answer.headers
    return AWSResponse(answer.url, answer.status_code, headers, _Content(answer.content))
