"""What the templates promise beyond being well-formed."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from common.reporting import COUNTED
from common.settings import MapSettings, ReduceSettings, ReportSettings, StateSettings

from tests.cloudformation.conftest import FOLDER, PIPELINES, read

NAME_PROPERTIES = {"AlarmName", "FunctionName", "LogGroupName", "ManagedPolicyName", "Name", "QueueName"}
NAME_PROPERTIES |= {"RoleName", "TableName"}
SETTINGS = {"StateLambda": StateSettings, "MapLambda": MapSettings, "ReduceLambda": ReduceSettings}
TIME_TO_LIVE = {"AttributeName": "TimeToLive", "Enabled": True}
LARGEST_BODY = 51_200
DESIGNED_OUTPUTS = {
    "StreamName",
    "ReduceTableName",
    "AggregateTableName",
    "ParameterTableName",
    "LedgerTableName",
    "QuarantineTableName",
    "FailureQueueUrl",
    "MapLambdaName",
    "ReduceLambdaName",
}


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of every resource of a type, by logical id; a template without any fails."""
    found = {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == f"AWS::{kind}"
    }
    assert found, f"the template has no AWS::{kind}"
    return found


def mappings(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every event source mapping."""
    return of_type(template, "Lambda::EventSourceMapping")


def ledger_hops(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the mappings whose function keeps a position per shard: Map's and Reduce's."""
    found = {name: each for name, each in mappings(template).items() if not name.startswith("State")}
    assert found.keys() == {"MapEventSourceMapping", "ReduceEventSourceMapping"}
    return found


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_a_template_can_be_sent_as_it_is(pipeline: str) -> None:
    """A template stays below the size at which CloudFormation wants it in a bucket."""
    assert (FOLDER / f"{pipeline}.yaml").stat().st_size < LARGEST_BODY


def test_outputs_name_what_users_need(template: dict[str, Any]) -> None:
    """Every name that commands, notebooks and users rely on is an output."""
    names = template["Outputs"].keys()

    assert names >= DESIGNED_OUTPUTS
    assert (
        ("StateTableName" in names) is ("StateLambdaName" in names) is ("StateTable" in template["Resources"])
    )


def test_mappings_start_at_the_oldest_record(template: dict[str, Any]) -> None:
    """No mapping starts at LATEST, which would miss what is put while it is being made."""
    assert {each["StartingPosition"] for each in mappings(template).values()} == {"TRIM_HORIZON"}


def test_mappings_report_what_they_give_up(template: dict[str, Any]) -> None:
    """Every mapping has an on-failure destination that its function's role may send to."""
    for each in mappings(template).values():
        queue = each["DestinationConfig"]["OnFailure"]["Destination"]
        role = template["Resources"][f"{each['FunctionName']['Ref']}Role"]["Properties"]

        assert queue == {"Fn::GetAtt": ["FailureQueue", "Arn"]}
        assert ("sqs:SendMessage", "FailureQueue.Arn") in rights_of(role)


def test_every_stage_waits_as_long_as_the_stack_is_told(template: dict[str, Any]) -> None:
    """All mappings have the batching window that one parameter sets, a second unless it is told another."""
    windows = [each["MaximumBatchingWindowInSeconds"] for each in mappings(template).values()]

    assert windows == [{"Ref": "BatchWindowSeconds"}] * len(windows)
    assert template["Parameters"]["BatchWindowSeconds"]["Default"] == 1


def test_ledger_hops_take_one_batch_of_a_shard_at_a_time(template: dict[str, Any]) -> None:
    """Where one position is kept per shard, batches of a shard never run side by side."""
    assert {each["ParallelizationFactor"] for each in ledger_hops(template).values()} == {1}


def test_ledger_hops_try_without_end(template: dict[str, Any]) -> None:
    """Map and Reduce neither give up nor split nor answer in part, since a discarded batch would be lost."""
    for each in ledger_hops(template).values():
        assert (each["MaximumRetryAttempts"], each["MaximumRecordAgeInSeconds"]) == (-1, -1)
        assert not {"BisectBatchOnFunctionError", "FunctionResponseTypes"} & each.keys()


def test_table_streams_are_read_in_tumbling_windows(template: dict[str, Any]) -> None:
    """Mappings on a table's stream have a window, because only its events name the shard."""
    for each in ledger_hops(template).values():
        is_table = each["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"

        assert ("TumblingWindowInSeconds" in each) is is_table


def test_state_gives_up_in_the_end(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """State splits a failing batch, answers in part, and gives up after a finite number of tries."""
    state = mappings(both[1])["StateEventSourceMapping"]

    assert state["BatchSize"] == 100
    assert state["BisectBatchOnFunctionError"] is True
    assert state["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 0 < state["MaximumRetryAttempts"] < 100


def test_reduce_reads_new_rows_alone(template: dict[str, Any]) -> None:
    """Rows that expire do not reach ReduceLambda."""
    filters = mappings(template)["ReduceEventSourceMapping"]["FilterCriteria"]["Filters"]

    assert filters == [{"Pattern": '{"eventName": ["INSERT"]}'}]


def test_stages_can_be_left_unconnected(template: dict[str, Any]) -> None:
    """One condition decides on every mapping, on what Reduce reads of its stream, and on its concurrency."""
    resources, absent = template["Resources"], {"Ref": "AWS::NoValue"}
    statements = resources["ReduceLambdaRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    optional = [each["Fn::If"] for each in statements if "Fn::If" in each]

    assert template["Parameters"]["ConnectStages"]["Default"] == "true"
    assert {resources[name]["Condition"] for name in mappings(template)} == {"HasConnectedStages"}
    assert {(condition, str(otherwise)) for condition, _, otherwise in optional} == {
        ("HasConnectedStages", str(absent))
    }
    assert [statement["Sid"] for _, statement, _ in optional] == ["ReadStream", "ListStreams"]
    assert {"Condition": "HasConnectedStages"} in template["Conditions"]["HasReduceConcurrency"]["Fn::And"]


def test_every_mapped_table_has_a_stream(template: dict[str, Any]) -> None:
    """A table that a mapping reads has a stream with both images."""
    sources = [each["EventSourceArn"]["Fn::GetAtt"] for each in mappings(template).values()]
    tables = [table for table, attribute in sources if attribute == "StreamArn"]

    assert "ReduceTable" in tables
    for table in tables:
        specification = template["Resources"][table]["Properties"]["StreamSpecification"]
        assert specification == {"StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_no_stream_is_on_that_nobody_reads(template: dict[str, Any]) -> None:
    """A table without a mapping has no stream."""
    read = {each["EventSourceArn"]["Fn::GetAtt"][0] for each in mappings(template).values()}
    tables = of_type(template, "DynamoDB::Table")

    assert {name for name, table in tables.items() if "StreamSpecification" in table} == read & tables.keys()


def test_every_function_has_a_log_group_with_retention(template: dict[str, Any]) -> None:
    """A function logs, as JSON, into a group of the stack that forgets."""
    for name, function in of_type(template, "Lambda::Function").items():
        group = template["Resources"][function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
        function_name = function["FunctionName"]["Fn::Sub"]

        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
        assert group["LogGroupName"] == {"Fn::Sub": f"/aws/lambda/{function_name}"}
        assert function_name == f"${{AWS::StackName}}-{name}"


def test_functions_run_on_a_current_platform(template: dict[str, Any]) -> None:
    """Every function runs on Python 3.13 and arm64."""
    functions = of_type(template, "Lambda::Function").values()

    assert {(each["Runtime"], *each["Architectures"]) for each in functions} == {("python3.13", "arm64")}


def test_functions_are_told_what_they_read(template: dict[str, Any]) -> None:
    """A function has the environment variables that its settings read, and no other."""
    told = {
        name: set(function["Environment"]["Variables"])
        for name, function in of_type(template, "Lambda::Function").items()
    }

    read = {
        name: {field.name.upper() for kind in (SETTINGS[name], ReportSettings) for field in fields(kind)}
        for name in told
    }
    # This one Lambda sets itself.
    assert told == {name: variables - {"AWS_LAMBDA_FUNCTION_NAME"} for name, variables in read.items()}


def test_roles_reach_only_their_own_tables(template: dict[str, Any]) -> None:
    """A role reaches the tables that its function is told of and the source it reads, and no other."""
    for name, function in of_type(template, "Lambda::Function").items():
        told = {
            value["Ref"]
            for key, value in function["Environment"]["Variables"].items()
            if key.endswith("_NAME")
        }
        source = next(
            each["EventSourceArn"]["Fn::GetAtt"][0]
            for each in mappings(template).values()
            if each["FunctionName"] == {"Ref": name}
        )
        role = template["Resources"][f"{name}Role"]["Properties"]
        reached = {name.split(".")[0] for _, name in rights_of(role) if name.count(".") == 1}

        assert reached == told | {source, "FailureQueue"}


def test_only_lists_are_granted_on_everything(template: dict[str, Any]) -> None:
    """A right on every resource is one that cannot be restricted."""
    for role in of_type(template, "IAM::Role").values():
        everywhere = {action for action, resource in rights_of(role) if resource == "*"}

        assert len(everywhere) == 1
        assert everywhere <= {"kinesis:ListStreams", "dynamodb:ListStreams"}


def test_physical_names_belong_to_the_stack(template: dict[str, Any]) -> None:
    """A physical name carries the stack's name or is left to CloudFormation."""
    names = [
        resource["Properties"][name]
        for resource in template["Resources"].values()
        for name in NAME_PROPERTIES & resource["Properties"].keys()
    ]

    assert len(names) >= len(of_type(template, "Lambda::Function"))
    assert all("Ref" in name or "${AWS::StackName}" in name["Fn::Sub"] for name in names)


def test_whatever_holds_data_says_what_becomes_of_it(template: dict[str, Any]) -> None:
    """Streams, tables, queues and log groups are deleted with the stack, in words."""
    kinds = {"AWS::Kinesis::Stream", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Logs::LogGroup"}
    said = {
        (resource["Type"], resource["DeletionPolicy"], resource["UpdateReplacePolicy"])
        for resource in template["Resources"].values()
        if resource["Type"] in kinds
    }

    assert said == {(kind, "Delete", "Delete") for kind in kinds}


def test_expiring_tables_expire_by_the_same_attribute(template: dict[str, Any]) -> None:
    """ReduceTable and LedgerTable forget their items at `TimeToLive`."""
    tables = of_type(template, "DynamoDB::Table")
    expiring = {
        name: table["TimeToLiveSpecification"]
        for name, table in tables.items()
        if "TimeToLiveSpecification" in table
    }

    assert expiring == {"LedgerTable": TIME_TO_LIVE, "ReduceTable": TIME_TO_LIVE}


def test_every_function_is_on_the_dashboard(template: dict[str, Any]) -> None:
    """The dashboard shows each metric that functions write of every one of them, and what Lambda measures."""
    [dashboard] = of_type(template, "CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    shown = {tuple(line[:4]) for each in widgets for line in each["properties"]["metrics"] if len(line) > 1}
    written = [("TradeRisk", name) for name in (*COUNTED, "Latency")]
    written += [("AWS/Lambda", name) for name in ("Errors", "IteratorAge", "Throttles")]

    assert shown == {
        (*metric, "FunctionName", f"${{{name}}}")
        for metric in written
        for name in of_type(template, "Lambda::Function")
    }


def test_a_producer_and_a_front_end_need_little(template: dict[str, Any]) -> None:
    """The managed policies allow putting into the stream, and reading the aggregate."""
    policies = of_type(template, "IAM::ManagedPolicy")

    assert rights_of(policies["ProducerPolicy"]) == {("kinesis:PutRecords", "IncomingDataStream.Arn")}
    assert rights_of(policies["FrontEndPolicy"]) == {
        (f"dynamodb:{action}", "AggregateTable.Arn") for action in ("GetItem", "Scan")
    }


def test_both_templates_share_what_they_have_in_common(both: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Resources, parameters and outputs of the same name are the same, but for what differs by design."""
    stateless, stateful = (strip(template) for template in both)
    differing = {
        "MapLambdaRole",
        "MapLambda",
        "MapEventSourceMapping",
        "MapLambdaQuarantineAlarm",
        "Dashboard",
    }
    for block in ("Parameters", "Conditions", "Resources", "Outputs"):
        shared = stateless[block].keys() - differing

        assert shared
        assert {name: stateless[block][name] for name in shared} == {
            name: stateful[block].get(name) for name in shared
        }


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_is_no_arn_is_refused_before_the_stack_is_made(path: Path) -> None:
    """Each parameter that takes an ARN has a pattern, which only ARNs and its default match."""
    for name, declared in read(path.stem).get("Parameters", {}).items():
        if name.endswith("Arn"):
            pattern = declared["AllowedPattern"]
            assert re.fullmatch(pattern, declared["Default"])
            assert not re.fullmatch(pattern, "mine")


def rights_of(properties: dict[str, Any]) -> set[tuple[str, str]]:
    """Return what a role or policy allows, as pairs of action and `Resource.Attribute`."""
    documents = [inline["PolicyDocument"] for inline in properties.get("Policies", [])]
    documents += [properties["PolicyDocument"]] if "PolicyDocument" in properties else []
    statements = [statement for document in documents for statement in document["Statement"]]
    return {
        (action, ".".join(resource["Fn::GetAtt"]) if "Fn::GetAtt" in resource else str(resource))
        for statement in (each.get("Fn::If", [None, each])[1] for each in statements)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def as_list(value: Any) -> list[Any]:
    """Return what may be one thing or a list of things as a list."""
    return list(value) if isinstance(value, list) else [value]


def strip(template: dict[str, Any]) -> dict[str, Any]:
    """Return a template without what names the pipeline: numbers of stages, and handlers."""
    blocks = {block: dict(template[block]) for block in ("Parameters", "Conditions", "Resources", "Outputs")}
    function = blocks["Resources"]["ReduceLambda"]
    properties = {
        key: value for key, value in function["Properties"].items() if key not in {"Handler", "Description"}
    }
    blocks["Resources"]["ReduceLambda"] = {**function, "Properties": properties}
    del blocks["Outputs"]["Pipeline"]
    for name in ("MapLambdaName", "ReduceLambdaName"):
        blocks["Outputs"][name] = blocks["Outputs"][name]["Value"]
    return blocks
