"""The laboratory: the offline cloud in one process, where every kind of fault really happens."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import trust
from workshop.cloud.fault_plan import FaultKind, FaultPlan
from workshop.cloud.laboratory import START, Laboratory
from workshop.pipeline.tables import read_quarantine, read_state_table
from workshop.proof.sweep import small_schedules

STAGE_OF = {
    FaultKind.PARTIAL_PUT: "producer",
    FaultKind.POISON: "producer",
    FaultKind.BISECTED: "map",  # its batch has several records
}
SMALL = replace(small_schedules()[0], faults=FaultPlan())


@pytest.mark.parametrize("kind", list(FaultKind))
def test_each_fault_happens_and_does_no_harm(bench_of, kind: FaultKind) -> None:
    """A single fault of each kind happens when the plan says so, and the ledger stays exact."""
    bench = bench_of()
    stage = STAGE_OF.get(kind, "reduce")
    # Only what was put on purpose belongs in the quarantine.
    schedule = replace(SMALL, faults=FaultPlan(strikes=(f"{kind}@{stage}#1",)), poison=())

    outcome = bench.run(schedule)

    assert outcome.met == {kind: 1}
    if kind is FaultKind.POISON:
        assert len(outcome.reasons) == 1
        assert "quarantine" in outcome.reasons[0]
    else:
        assert outcome.exact


@pytest.mark.parametrize("stage", ["state", "map", "reduce"])
@pytest.mark.parametrize("kind", [FaultKind.THROTTLED, FaultKind.DENIED, FaultKind.RESPONSE_LOST])
def test_a_call_that_fails_for_long_fails_the_invocation(bench_of, kind: FaultKind, stage: str) -> None:
    """A fault that outlasts the client's attempts reaches the function, and the batch comes again."""
    bench = bench_of()
    strikes = tuple(f"{kind}@{stage}#{number}" for number in range(1, 8))

    outcome = bench.run(replace(SMALL, faults=FaultPlan(strikes=strikes)))

    assert outcome.met[kind] >= 1
    assert outcome.exact


def test_a_delay_takes_more_than_ten_minutes(bench_of) -> None:
    """A delayed batch lets the clock pass the ten minutes of a transaction's token."""
    bench = bench_of()
    bench.run(replace(SMALL, faults=FaultPlan()))
    usual = bench.laboratory.clock.now()

    bench.run(replace(SMALL, faults=FaultPlan(strikes=("delayed@reduce#1",))))

    assert bench.laboratory.clock.now() > START + 600
    assert bench.laboratory.clock.now() >= usual


def test_a_timeout_takes_its_time(bench_of) -> None:
    """An invocation that times out has used up its function's time."""
    bench = bench_of()

    outcome = bench.run(replace(SMALL, faults=FaultPlan(strikes=("timeout@state#1",))))

    assert outcome.exact
    assert bench.laboratory.clock.now() > START + 60


def test_emptying_leaves_no_trace(bench_of) -> None:
    """After emptying there is no data, no progress and no fault, and the clock begins again."""
    bench = bench_of()
    laboratory: Laboratory = bench.laboratory
    bench.run(SMALL)
    laboratory.use_faults(FaultPlan(rates={"throttled": 1.0}))

    laboratory.empty()

    client, outputs = laboratory.client("dynamodb"), bench.outputs()
    tables = [outputs[name] for name in outputs if name.endswith("TableName")]
    assert [client.scan(TableName=table)["Count"] for table in tables] == [0] * len(tables)
    assert laboratory.rest()
    assert read_state_table(client, outputs["StateTableName"]) == ()
    assert (laboratory.met, laboratory.offline.now()) == ({}, laboratory.clock.now())


def test_emptying_forgets_what_was_counted_and_purged(laboratory: Laboratory) -> None:
    """A stream counts from nothing, in the same minute too, and a queue may be purged again at once."""
    kinesis, sqs = laboratory.client("kinesis"), laboratory.client("sqs")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    counted = []
    for records in (2, 1):
        for _ in range(records):
            kinesis.put_record(StreamName="s", Data=b"x", PartitionKey="k")
        sqs.purge_queue(QueueUrl=queue)
        answer = laboratory.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Kinesis",
            MetricName="IncomingRecords",
            Dimensions=[{"Name": "StreamName", "Value": "s"}],
            StartTime=START - 60,
            EndTime=START + 60,
            Period=60,
            Statistics=["Sum"],
        )
        counted.append([point["Sum"] for point in answer["Datapoints"]])
        laboratory.empty()

    assert counted == [[2], [1]]


def test_what_is_made_after_emptying_has_a_name_of_its_own(laboratory: Laboratory) -> None:
    """Names that are drawn at random do not come again after emptying: what is deployed stays apart."""
    iam, found = laboratory.client("iam"), set()
    for name in ("one", "two", "three"):
        laboratory.empty()
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust())["Role"]
        found.add(role["RoleId"])

    assert len(found) == 3


def test_poison_is_set_aside_once(bench_of) -> None:
    """However often its batch comes again, a poison record stands in the quarantine once."""
    bench = bench_of()
    strikes = ("crash_after@state#1", "re_batched@state#1", "delayed@state#2")

    outcome = bench.run(replace(SMALL, faults=FaultPlan(strikes=strikes)))

    rows = read_quarantine(bench.laboratory.client("dynamodb"), bench.outputs()["QuarantineTableName"])
    assert [row.raw_data for row in rows] == ["poison"]
    assert outcome.exact


def test_the_laboratory_speaks_like_a_cloud(laboratory: Laboratory) -> None:
    """Clients get AWS's errors, and the control answers without a socket."""
    with pytest.raises(ClientError, match="ResourceNotFound"):
        laboratory.client("dynamodb").get_item(TableName="nothing", Key={"a": {"S": "b"}})

    assert laboratory.offline.health()["status"] == "ok"
    assert (laboratory.kind, laboratory.account_id) == ("offline", "123456789012")


def test_the_judge_sees_a_torn_total(bench_of) -> None:
    """A total that is not the sum of its children is reported, and so is one that is not the truth."""
    from workshop.proof.judge import torn_totals, wrong_totals

    bench = bench_of()
    bench.run(SMALL)
    client, outputs = bench.laboratory.client("dynamodb"), bench.outputs()
    assert torn_totals(bench.laboratory, outputs) == []

    client.update_item(
        TableName=outputs["AggregateTableName"],
        Key={"Identifier": {"S": "Delta"}},
        UpdateExpression="ADD #Value :cent",
        ExpressionAttributeNames={"#Value": "Value"},
        ExpressionAttributeValues={":cent": {"N": "0.01"}},
    )

    torn = torn_totals(bench.laboratory, outputs)
    assert {text.split("`")[1] for text in torn} == {"Delta", "Grand Total"}
    wrong = wrong_totals(
        bench.laboratory, outputs, SMALL.messages, order=list(SMALL.levels), clock=bench.laboratory.clock
    )
    assert [text.split("`")[1] for text in wrong] == ["Delta"]
