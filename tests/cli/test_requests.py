"""What is asked of AWS in the course of the workshop, held against the services' own models.

Commands run in this process, against a laboratory, and so do the functions: every request of either is seen.
"""

from collections.abc import Iterator

import pytest
import typer

from tests.deploy.calls import Recorded, all_recorded
from tests.pipeline.operations.pipeline_bench import PipelineClock
from workshop.cli import app as command_line
from workshop.cli import options
from workshop.clock import SystemClock
from workshop.cloud.laboratory import Laboratory
from workshop.diagnosis.evidence import gather_evidence
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.target import find_target

STACK = "trade-risk-stateful"
# What an operator does with a pipeline, in this order; the pipeline does its work in between.
LINES = (
    "deploy stateful --end 2030-12-01T18:00 --delete-at-end",
    f"faults {STACK} --set crash_after@map=0.1",
    f"faults {STACK}",
    f"faults {STACK} --clear",
    f"produce {STACK} --messages 60 --duplicates 5 --modify 20 --cancel 10 --seed 1",
    f"watch {STACK} --once",
    f"aggregates {STACK}",
    f"quarantine {STACK}",
    f"reconcile {STACK}",
    f"reconcile {STACK} --rebuild",
    f"clear {STACK} --yes",
    f"play --stack {STACK} --rounds 1 --messages 40 --yes",
    "deploy stateless --end never",
    "produce trade-risk-stateless --messages 20 --seed 1",
    "cost",
    "destroy --all --yes",
)


def diagnose_all(laboratory: Laboratory) -> None:
    """Ask for all that a diagnosis looks at; notebooks alone offer it."""
    sent = list(make_plan(PlanOptions(messages=60, duplicates=5, modify=20, cancel=10, seed=1)).messages)
    outputs = find_target(laboratory, STACK).outputs
    gather_evidence(laboratory, outputs, sent, pending=0, is_certain=True)


@pytest.fixture(scope="module")
def requests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[Recorded]]]:
    """Every request by the command in which it was made."""
    found: dict[str, list[Recorded]] = {}
    program = typer.main.get_command(command_line.command_line())
    with pytest.MonkeyPatch.context() as patch, Laboratory() as laboratory:
        patch.setenv("WORKSHOP_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(options, "connect", lambda *_, **__: laboratory)
        # Whoever waits lets the pipeline work.
        clock = PipelineClock(laboratory)
        patch.setattr(SystemClock, "now", lambda _: clock.now())
        patch.setattr(SystemClock, "sleep", lambda _, seconds: clock.sleep(seconds))
        for line in LINES:
            with all_recorded() as found[line]:
                program(line.split(), standalone_mode=False)
                laboratory.rest()  # what is due in years is no work
            if line == f"reconcile {STACK}":
                with all_recorded() as found["diagnose"]:
                    diagnose_all(laboratory)
        yield found


def test_every_request_is_valid(requests: dict[str, list[Recorded]]) -> None:
    """What commands and functions ask for is what the models say: types, choices, lengths and patterns."""
    problems = {(line, call) for line, calls in requests.items() for call in calls if call.problems}

    assert problems == set()


def test_functions_were_heard_as_well(requests: dict[str, list[Recorded]]) -> None:
    """The requests of all three stages are among them, and of every service that the pipelines use."""
    operations = {call.operation for calls in requests.values() for call in calls}

    assert {each.partition(":")[0] for each in operations} >= {
        *("cloudformation", "dynamodb", "iam", "kinesis", "lambda", "logs", "s3", "scheduler", "sqs")
    }
    assert operations >= {
        "dynamodb:TransactWriteItems",
        "dynamodb:BatchExecuteStatement",
        "kinesis:PutRecords",
    }


def test_a_diagnosis_was_heard_as_well(requests: dict[str, list[Recorded]]) -> None:
    """It reads tables, and the stream of the changes from the beginning."""
    asked = {call.operation for call in requests["diagnose"]}

    assert asked >= {"kinesis:DescribeStreamSummary", "dynamodb:Scan", "dynamodbstreams:GetRecords"}
