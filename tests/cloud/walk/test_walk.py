"""A walk over all operations with missing, odd and extreme arguments: a mistake of the caller's is a 4xx."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.cloud.walk.places import known_values
from tests.cloud.walk.requests import SERVICES, Odd, model_of, odd_requests
from tests.effort import LONG
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.http.calls import Answer
from workshop.cloud.offline.http.dispatch import Dispatcher
from workshop.cloud.offline.request_models.columns import compile_columns
from workshop.cloud.offline.request_models.constraints import compile_check
from workshop.cloud.offline.request_models.offered import is_offered

SHARE = 1 if LONG else 17
MISTAKE, SERVER_ERROR = 400, 500
USUAL = "as usual"
# AWS answers these at hosts of their own, by the paths of other operations.
ELSEWHERE = ("ListDirectoryBuckets",)
BY_PATH = ("lambda", "s3", "scheduler")
# Nothing runs functions here, and the invocation that is as it should be says so.
NO_RUNTIME = b"no runtime serves this process"
PYTHON = re.compile(
    rb"Traceback|object at 0x|<class '|&lt;class|doctype html"
    rb"|\b(Key|Value|Type|Attribute|Index|Unicode\w*|Overflow|Recursion|Assertion)Error\b"
)


@pytest.fixture(scope="module")
def places() -> Iterator[tuple[Dispatcher, dict[str, dict[str, Any]]]]:
    """A dispatcher over an account with one resource of each kind, and values that name them."""
    with mock_aws(config={"lambda": {"use_docker": False}}):
        overlay.apply(ManualClock())
        dispatcher = Dispatcher()
        yield dispatcher, known_values(dispatcher)


def wrong(odd: Odd, answer: Answer) -> str | None:
    """Return what is wrong with an answer, None if it is one that AWS could give."""
    if answer.status >= SERVER_ERROR and NO_RUNTIME not in answer.body:
        return f"{odd}: {answer.status} {answer.body.decode(errors='replace')[:200]}"
    if found := PYTHON.search(answer.body):
        return f"{odd}: says {found.group().decode()}"
    # An odd label in a path can make it that of another operation, or of none.
    is_plain = odd.service not in BY_PATH or (odd.what == USUAL and odd.operation not in ELSEWHERE)
    if is_plain and not is_offered(odd.service, odd.operation):
        text = answer.body.decode()
        is_named = odd.operation in text and "docs/offline-cloud.md" in text
        if answer.status < MISTAKE or not (is_named or odd.service in BY_PATH):
            return f"{odd}: is not offered, and does not say so: {answer.status} {text[:200]}"
    return None


@pytest.mark.parametrize("service", SERVICES)
def test_an_odd_request_is_the_callers_mistake(places, service: str) -> None:
    """No request of any operation is answered with 500 or in Python's words; what is not offered is named."""
    dispatcher, known = places

    walked = odd_requests(service, known=known.get(service, {}), share=SHARE)
    faults = [fault for odd in walked if (fault := wrong(odd, dispatcher.answer(odd.call)))]

    assert faults == []


@pytest.mark.parametrize("service", ["kinesis", "dynamodb", "sqs", "logs", "events"])
def test_the_quick_look_passes_nothing_that_a_close_one_finds(service: str) -> None:
    """Whatever the quick look at a request calls right has no violation."""
    seen = 0
    checks: dict[str, Any] = {}
    for odd in odd_requests(service, known={}, share=SHARE):
        shape = model_of(service).operation_model(odd.operation).input_shape
        if shape is not None:
            if odd.operation not in checks:
                checks[odd.operation] = compile_columns(shape), compile_check(shape)
            fits, find = checks[odd.operation]
            if fits([odd.call.document]):
                seen += 1
                assert find(odd.call.document) is None, str(odd)

    assert seen > 0
