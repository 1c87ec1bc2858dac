"""What the templates' alarms are about, and whether they can be raised."""

from typing import Any

import pytest

from tests.cloudformation.conftest import PIPELINES, read
from tests.cloudformation.test_templates import of_type
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import LONGEST_BACKOFF_SECONDS

MAPPED, BY_SCHEDULE = LONGEST_BACKOFF_SECONDS, 60


def test_every_function_is_watched(template: dict[str, Any]) -> None:
    """Iterator age, errors and what is set aside of every function, and the failure queue, have an alarm."""
    alarms = {
        (alarm["MetricName"], str(alarm["Dimensions"][0]["Value"]))
        for alarm in of_type(template, "CloudWatch::Alarm").values()
    }
    for name in of_type(template, "Lambda::Function"):
        for metric in ("IteratorAge", "Errors", "Quarantined"):
            assert (metric, str({"Ref": name})) in alarms
    assert "ApproximateNumberOfMessagesVisible" in {metric for metric, _ in alarms}
    assert ("WrongTotals" in {metric for metric, _ in alarms}) is ("StateTable" in template["Resources"])


@pytest.mark.parametrize(("name", "pause"), [*((each, MAPPED) for each in PIPELINES), ("game", BY_SCHEDULE)])
def test_an_invocation_that_fails_again_and_again_raises_alarms(name: str, pause: float) -> None:
    """What only an invocation tells is counted often enough, however rarely and long it fails.

    Each try may last until its timeout, is counted where it began, and is followed by the longest pause.
    """
    template = read(name)
    functions = of_type(template, "Lambda::Function")
    raised = []
    for alarm in of_type(template, "CloudWatch::Alarm").values():
        if alarm["Namespace"] != "AWS/Lambda":
            continue
        timeout = functions[alarm["Dimensions"][0]["Value"]["Ref"]]["Timeout"]
        seen = alarm["Period"] * alarm["EvaluationPeriods"] - timeout
        # A schedule does not wait for the round before.
        between = pause if name == "game" else pause + timeout
        raised.append(seen // between >= alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"]))

    assert raised
    assert all(raised)


@pytest.mark.parametrize("name", [*PIPELINES, "game"])
def test_every_alarm_tells_the_topic(name: str) -> None:
    """Whoever names a topic is told of each alarm, and no missing count raises one."""
    alarms = of_type(read(name), "CloudWatch::Alarm").values()
    topic = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}

    assert [alarm for alarm in alarms if alarm["AlarmActions"] != topic] == []
    assert {alarm["TreatMissingData"] for alarm in alarms} <= {"notBreaching", "ignore"}
