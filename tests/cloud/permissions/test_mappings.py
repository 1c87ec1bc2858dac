"""Lambda reads sources with the rights of the function's role: when a mapping is made, and ever after."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import ACCOUNT, allow, deny, document, trust
from tests.cloud.permissions.conftest import REGION, Roles, table_arn
from workshop.cloud.laboratory import Laboratory
from workshop.deploy.stacks import deploy

STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
FAILURES = f"arn:aws:sqs:{REGION}:{ACCOUNT}:failures"
READ_KINESIS = [
    f"kinesis:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator", "ListShards")
]
READ_TABLE = [f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator")]
READ_QUEUE = [f"sqs:{name}" for name in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
SOURCE = "def handler(event, context):\n    print('seen')\n    return {}\n"
FAILING = "def handler(event, context):\n    raise ValueError\n"


class World(Roles):
    """A function with the role `f`, and sources for it."""

    def __init__(self, laboratory: Laboratory) -> None:
        super().__init__(laboratory)
        self.laboratory = laboratory
        self.functions = laboratory.client("lambda")
        laboratory.client("kinesis").create_stream(StreamName="s", ShardCount=1)
        for name in ("q", "failures"):
            laboratory.client("sqs").create_queue(QueueName=name)
        self.make("f", trusted=trust(Service="lambda.amazonaws.com"))
        self.make_function("f", SOURCE)

    def map(self, source: str, function: str = "f", **settings: Any) -> str:
        """Map the function to a source; return the mapping's UUID."""
        if ":sqs:" not in source:
            settings = {"StartingPosition": "TRIM_HORIZON", **settings}
        made = self.functions.create_event_source_mapping(
            FunctionName=function, EventSourceArn=source, **settings
        )
        return str(made["UUID"])

    def refused(self, source: str, **settings: Any) -> str:
        """Return why a mapping was refused."""
        with pytest.raises(ClientError) as caught:
            self.map(source, **settings)
        error = caught.value.response["Error"]
        assert error["Code"] == "InvalidParameterValueException"
        assert self.functions.list_event_source_mappings()["EventSourceMappings"] == []
        return str(error["Message"])

    def table_stream(self) -> str:
        """Return the stream of the table `T`."""
        described = self.laboratory.client("dynamodb").describe_table(TableName="T")["Table"]
        return str(described["LatestStreamArn"])

    def result(self, uuid: str) -> str:
        """Return a mapping's last result, after all that is due was done."""
        self.laboratory.step()
        return str(self.functions.get_event_source_mapping(UUID=uuid).get("LastProcessingResult"))

    def put(self) -> None:
        """Put a record into the stream."""
        self.laboratory.client("kinesis").put_record(StreamName="s", Data=b"{}", PartitionKey="a")

    def log_lines(self, function: str = "f") -> list[str]:
        """Return what a function has logged."""
        logs, group = self.laboratory.client("logs"), f"/aws/lambda/{function}"
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return []
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]

    def failures(self) -> list[Any]:
        """Return what lies in the queue of failures."""
        sqs = self.laboratory.client("sqs")
        url = sqs.get_queue_url(QueueName="failures")["QueueUrl"]
        return list(sqs.receive_message(QueueUrl=url).get("Messages", []))


@pytest.fixture
def world(roles: Roles, laboratory: Laboratory) -> World:
    """An account with tables, a stream, queues and a function whose role may do nothing."""
    del roles
    return World(laboratory)


@pytest.mark.parametrize("missing", [*READ_KINESIS, *READ_TABLE])
def test_no_mapping_of_a_stream_that_the_role_cannot_read(world: World, missing: str) -> None:
    """Without one of the rights to a stream or a table's stream, Lambda refuses the mapping as AWS does."""
    is_table = missing in READ_TABLE
    stream, rights = (world.table_stream(), READ_TABLE) if is_table else (STREAM, READ_KINESIS)
    world.allow("f", allow([action for action in rights if action != missing], stream))

    list_shards = "" if is_table else "ListShards, "
    assert world.refused(stream) == (
        f"Cannot access stream {stream}. Please ensure the role can perform the GetRecords, "
        f"GetShardIterator, DescribeStream, {list_shards}and ListStreams Actions on your stream in IAM."
    )

    world.allow("f", allow(rights, f"{table_arn('T')}/stream/*" if is_table else stream))
    assert world.map(stream)


@pytest.mark.parametrize("missing", READ_QUEUE)
def test_no_mapping_of_a_queue_that_the_role_cannot_read(world: World, missing: str) -> None:
    """Without one of the rights to a queue, Lambda refuses the mapping and names that right."""
    world.allow("f", allow(READ_QUEUE, QUEUE), deny(missing))

    assert world.refused(QUEUE) == (
        f"The function execution role does not have permissions to call {missing[4:]} on SQS"
    )

    world.allow("f", allow(READ_QUEUE, QUEUE))
    assert world.map(QUEUE)


def test_no_mapping_to_a_destination_that_the_role_cannot_write_to(world: World) -> None:
    """An on-failure destination needs a role that may send there, also when it is set later."""
    world.allow("f", allow(READ_KINESIS, STREAM))
    destination = {"OnFailure": {"Destination": FAILURES}}
    sentence = "The function execution role does not have permissions to call SendMessage on SQS"

    assert world.refused(STREAM, DestinationConfig=destination) == sentence

    uuid = world.map(STREAM)
    with pytest.raises(ClientError, match=sentence):
        world.functions.update_event_source_mapping(UUID=uuid, DestinationConfig=destination)


@pytest.mark.parametrize(
    ("condition", "is_refused"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
        ({"StringEquals": {"aws:RequestedRegion": REGION, "aws:PrincipalAccount": ACCOUNT}}, False),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/f"}}, False),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, True),
    ],
)
def test_conditions_of_a_role_are_looked_at_when_lambda_reads(
    world: World, condition: dict[str, Any], *, is_refused: bool
) -> None:
    """What Lambda does in a role's name has the condition keys that every call of the role has."""
    world.allow("f", allow(READ_KINESIS, STREAM, Condition=condition))

    if is_refused:
        assert "Cannot access stream" in world.refused(STREAM)
    else:
        assert world.map(STREAM)


def test_a_right_that_is_taken_away_stops_the_mapping(world: World) -> None:
    """Without its rights a mapping says PROBLEM and sends nothing; with them it goes on where it was."""
    rights, logs = allow(READ_KINESIS, STREAM), allow("logs:*")
    world.allow("f", rights, logs)
    uuid = world.map(STREAM)
    world.put()
    before = (world.result(uuid), world.log_lines().count("seen"))

    world.allow("f", logs)
    world.put()
    without = (world.result(uuid), world.log_lines().count("seen"))
    world.allow("f", rights, logs)
    after = (world.result(uuid), world.log_lines().count("seen"))

    assert before == ("OK", 1)
    assert without[0].startswith(f"PROBLEM: Cannot access stream {STREAM}.")
    assert without[1] == 1
    assert after == ("OK", 2)


@pytest.mark.parametrize(("may_report", "reports"), [(True, 1), (False, 0)])
def test_a_report_needs_the_right_to_send_it(world: World, *, may_report: bool, reports: int) -> None:
    """What is given up is reported with the function's rights; without them nobody is told."""
    report = allow("sqs:SendMessage", FAILURES)
    world.make_function("g", FAILING)
    world.allow("f", allow(READ_KINESIS, STREAM), report)
    world.map(STREAM, "g", MaximumRetryAttempts=0, DestinationConfig={"OnFailure": {"Destination": FAILURES}})
    if not may_report:
        world.allow("f", allow(READ_KINESIS, STREAM))

    world.put()
    world.laboratory.rest()

    assert len(world.failures()) == reports


@pytest.mark.parametrize(
    ("actions", "is_logged"),
    [
        ([], False),
        (["logs:CreateLogGroup", "logs:CreateLogStream"], False),
        (["logs:CreateLogStream", "logs:PutLogEvents"], False),
        (["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], True),
    ],
)
def test_logs_need_rights(world: World, actions: list[str], *, is_logged: bool) -> None:
    """A function whose role may not make its log, or not write to it, runs without one."""
    log = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/f:*"
    world.allow("f", allow(["s3:GetObject", *actions], log))

    answer = world.functions.invoke(FunctionName="f", Payload=b"{}")

    assert json.load(answer["Payload"]) == {}
    assert ("seen" in world.log_lines()) is is_logged


def test_a_role_that_lambda_may_not_assume_runs_nothing(world: World) -> None:
    """When the role's trust in Lambda is taken away, a new environment is refused in AWS's words."""
    world.iam.update_assume_role_policy(RoleName="f", PolicyDocument=trust(Service="scheduler.amazonaws.com"))

    with pytest.raises(ClientError, match="The role defined for the function cannot be assumed by Lambda"):
        world.functions.invoke(FunctionName="f", Payload=b"{}")


class Course:
    """A stack whose stages nobody has connected yet."""

    def __init__(self, laboratory: Laboratory) -> None:
        self.laboratory = laboratory
        laboratory._world.reset()
        self.outputs = deploy(
            laboratory, "stateful", stack="course", parameters={"ConnectStages": "false"}
        ).outputs
        self.functions = laboratory.client("lambda")

    def stream_of(self, table: str) -> str:
        """Return the ARN of a table's stream."""
        described = self.laboratory.client("dynamodb").describe_table(TableName=self.outputs[table])
        return str(described["Table"]["LatestStreamArn"])

    def connect(self, function: str, source: str) -> str:
        """Make a mapping as a learner does; the handlers want a window on streams of tables."""
        window = {"TumblingWindowInSeconds": 900} if ":dynamodb:" in source else {}
        made = self.functions.create_event_source_mapping(
            FunctionName=self.outputs[function],
            EventSourceArn=source,
            StartingPosition="TRIM_HORIZON",
            BatchSize=100,
            **window,
        )
        return str(made["UUID"])

    @property
    def role(self) -> str:
        """The name of ReduceLambda's role."""
        described = self.functions.get_function_configuration(FunctionName=self.outputs["ReduceLambdaName"])
        return str(described["Role"]).rpartition("/")[2]

    def send(self, trade: str) -> None:
        """Put a trade of 100.00 into the stream, and let everything that is due happen."""
        message = {
            "TradeID": trade,
            "Value": 100.0,
            "Version": 0,
            "Timestamp": self.laboratory.clock.now(),
            "Hierarchy": {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"},
        }
        self.laboratory.client("kinesis").put_record(
            StreamName=self.outputs["StreamName"], Data=json.dumps(message).encode(), PartitionKey=trade
        )
        for _ in range(10):
            self.laboratory.step()
            self.laboratory.clock.advance(2.0)

    def total(self) -> str | None:
        """Return the Grand Total."""
        row = self.laboratory.client("dynamodb").get_item(
            TableName=self.outputs["AggregateTableName"], Key={"Identifier": {"S": "Grand Total"}}
        )
        return str(row["Item"]["Value"]["N"]) if "Item" in row else None


@pytest.fixture
def course(laboratory: Laboratory) -> Course:
    """The stack that learners connect by hand."""
    return Course(laboratory)


def test_the_course_meets_the_error_on_purpose(course: Course) -> None:
    """ReduceLambda cannot be connected before its role may read the stream, and then the total is right."""
    course.connect(
        "StateLambdaName", f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{course.outputs['StreamName']}"
    )
    course.connect("MapLambdaName", course.stream_of("StateTableName"))
    stream, iam = course.stream_of("ReduceTableName"), course.laboratory.client("iam")

    with pytest.raises(ClientError) as caught:
        course.connect("ReduceLambdaName", stream)
    assert caught.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert caught.value.response["Error"]["Message"].startswith(f"Cannot access stream {stream}.")

    own = document(allow(READ_TABLE, stream), allow("dynamodb:ListStreams"))
    iam.put_role_policy(RoleName=course.role, PolicyName="ReadReduceTable", PolicyDocument=own)
    uuid = course.connect("ReduceLambdaName", stream)
    course.send("a")
    totals = [course.total()]

    iam.delete_role_policy(RoleName=course.role, PolicyName="ReadReduceTable")
    course.send("b")
    totals.append(course.total())
    mapping = course.functions.get_event_source_mapping(UUID=uuid)
    iam.put_role_policy(RoleName=course.role, PolicyName="ReadReduceTable", PolicyDocument=own)
    course.send("c")
    totals.append(course.total())

    assert totals == ["100", "100", "300"]
    assert mapping["LastProcessingResult"].startswith("PROBLEM: Cannot access stream")
