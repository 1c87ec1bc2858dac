"""What the game's template promises; linters judge it together with those of the pipelines."""

import json
from dataclasses import fields
from typing import Any

import pytest
from common.settings import MissingSettingError
from generator.planning import RoundOrder
from generator.settings import GeneratorSettings

from tests.cloudformation.conftest import read

LOGS = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}"


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    """The template with its short forms written out."""
    return read("game")


def properties(template: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found


def statements(template: dict[str, Any], role: str) -> list[dict[str, Any]]:
    [policy] = properties(template, role)["Policies"]
    found: list[dict[str, Any]] = policy["PolicyDocument"]["Statement"]
    return found


def rights(template: dict[str, Any], role: str) -> dict[str, set[str]]:
    """Return what a role allows: the last word of each resource with the actions on it."""
    found: dict[str, set[str]] = {}
    for statement in statements(template, role):
        resource = statement["Resource"]
        text = resource["Fn::Sub"] if "Fn::Sub" in resource else ".".join(resource["Fn::GetAtt"])
        actions = statement["Action"]
        found.setdefault(text.rpartition("/")[2], set()).update(
            [actions] if isinstance(actions, str) else actions
        )
    return found


def test_the_generator_may_do_what_it_does_and_no_more(template: dict[str, Any]) -> None:
    """It puts records, reads totals, keeps the score and logs; no right holds everywhere."""
    assert rights(template, "GeneratorLambdaRole") == {
        "${StreamName}": {"kinesis:PutRecords"},
        "${AggregateTableName}": {"dynamodb:GetItem", "dynamodb:Scan"},
        "${ParameterTableName}": {
            f"dynamodb:{action}" for action in ("ConditionCheckItem", "GetItem", "PutItem", "UpdateItem")
        },
        f"{LOGS}:log-group:${{GeneratorLambdaLogGroup}}:*": {"logs:CreateLogStream", "logs:PutLogEvents"},
    }


def test_the_schedule_may_invoke_the_generator_alone(template: dict[str, Any]) -> None:
    """The scheduler's role invokes one function, for this account only."""
    trust = properties(template, "GameScheduleRole")["AssumeRolePolicyDocument"]["Statement"][0]

    assert rights(template, "GameScheduleRole") == {"GeneratorLambda.Arn": {"lambda:InvokeFunction"}}
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_the_generator_is_told_what_it_reads(template: dict[str, Any]) -> None:
    """The function has the environment variables that its settings read, and no other.

    The pipeline's fault injection looks for `PARAMETER_TABLE_NAME`: the judge does not have it.
    """
    variables = properties(template, "GeneratorLambda")["Environment"]["Variables"].keys()

    assert variables == {field.name.upper() for field in fields(GeneratorSettings)}
    assert "PARAMETER_TABLE_NAME" not in variables


def test_a_missing_variable_leads_to_this_template() -> None:
    """An error about the function's environment names the template of the game."""
    with pytest.raises(MissingSettingError, match=r"cloudformation/game\.yaml"):
        GeneratorSettings.from_environ({"_HANDLER": "generator.round.handler"})


def test_the_game_rests_until_somebody_starts_it(template: dict[str, Any]) -> None:
    """The schedule is disabled by default, and cannot be enabled without an end."""
    [assertion] = template["Rules"]["AScheduleHasAnEnd"]["Assertions"]

    assert template["Parameters"]["ScheduleState"]["Default"] == "DISABLED"
    assert properties(template, "GameSchedule")["State"] == {"Ref": "ScheduleState"}
    assert template["Rules"]["AScheduleHasAnEnd"]["RuleCondition"] == {
        "Fn::Equals": [{"Ref": "ScheduleState"}, "ENABLED"]
    }
    assert assertion["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "EndDate"}, ""]}]}


def test_the_schedule_asks_for_a_round_by_its_time(template: dict[str, Any]) -> None:
    """Every minute the schedule sends an event that a round can be made from, known by the scheduled time."""
    schedule = properties(template, "GameSchedule")
    text = schedule["Target"]["Input"]["Fn::Sub"]
    for name, sample in {
        "<aws.scheduler.scheduled-time>": "2026-11-02T10:15:00Z",
        "${MessagesPerRound}": str(template["Parameters"]["MessagesPerRound"]["Default"]),
        "${MaxRounds}": str(template["Parameters"]["MaxRounds"]["Default"]),
    }.items():
        text = text.replace(name, sample)

    order = RoundOrder.from_event(json.loads(text), fallback_id="")

    assert schedule["ScheduleExpression"] == "rate(1 minute)"
    assert order == RoundOrder("2026-11-02T101500Z", messages=10_000, max_rounds=120)


def test_nothing_tries_a_round_again(template: dict[str, Any]) -> None:
    """Neither the scheduler nor Lambda repeats a round that failed; the next minute brings another one."""
    retry = properties(template, "GameSchedule")["Target"]["RetryPolicy"]
    config = properties(template, "GeneratorLambdaInvokeConfig")

    assert retry["MaximumRetryAttempts"] == config["MaximumRetryAttempts"] == 0
    assert (config["FunctionName"], config["Qualifier"]) == ({"Ref": "GeneratorLambda"}, "$LATEST")


def test_the_function_has_time_for_its_round(template: dict[str, Any]) -> None:
    """The function runs on Python 3.13 and arm64, and longer than a slow round with its minute of waiting."""
    function = properties(template, "GeneratorLambda")

    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert function["Handler"] == "generator.round.handler"
    assert 120 <= function["Timeout"] <= 900


def test_names_belong_to_the_stack(template: dict[str, Any]) -> None:
    """Whatever has a name carries the stack's, so that several games can share an account."""
    named = {
        "GeneratorLambda": "FunctionName",
        "GameSchedule": "Name",
        "GeneratorLambdaLogGroup": "LogGroupName",
    }

    for name, key in named.items():
        assert "${AWS::StackName}" in properties(template, name)[key]["Fn::Sub"]


def test_logs_are_forgotten(template: dict[str, Any]) -> None:
    """The log group belongs to the stack, forgets, and goes with it."""
    group = template["Resources"]["GeneratorLambdaLogGroup"]

    assert group["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("Delete", "Delete")
