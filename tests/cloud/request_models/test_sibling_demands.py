"""What AWS demands of operations that are each other's siblings, beyond their models."""

from typing import Any

import pytest

from workshop.cloud.offline.request_models.demands import unmet_demand

METRIC = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
FILTER = {"logGroupName": "g", "filterName": "f", "filterPattern": ""}
KEY = {"StreamName": "S", "KeyId": "alias/aws/kinesis"}
ALARM = {"MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 2}
RAW, MUST = "RawMessageDelivery", "Invalid value [maybe]. Must be true or false."
TOPIC = "arn:aws:sns:eu-west-1:123456789012:T"
FIRST = {"Message": "m", "TopicArn": f"{TOPIC}.fifo"}
Given = dict[str, Any]


def queried(*names: str) -> Given:
    return {"MetricDataQueries": [{"Id": name, "Expression": "1"} for name in names]}


def logged(*hours: int) -> Given:
    return {"logEvents": [{"timestamp": hour * 3_600_000, "message": "m"} for hour in hours]}


def board(body: str) -> Given:
    return {"DashboardName": "d", "DashboardBody": body}


def transformed(**more: Any) -> Given:
    return {**FILTER, "metricTransformations": [{**METRIC, **more}]}


# Operation, parameters that are refused, the error's code and a part of its message, and some that are taken.
DEMANDS: list[tuple[str, Given, str, str, Given]] = [
    (
        "logs.PutMetricFilter",
        transformed(metricNamespace="AWS/x"),
        "InvalidParameterException",
        "Metric namespaces starting with AWS/ are reserved for AWS.",
        transformed(metricNamespace="AWSome"),
    ),
    (
        "logs.PutMetricFilter",
        transformed(dimensions={"a": "x"}),
        "InvalidParameterException",
        "dimension value must be valid selector",
        transformed(dimensions={"a": "$.x"}),
    ),
    (
        "logs.PutMetricFilter",
        transformed(dimensions=dict.fromkeys("abcd", "$.x")),
        "InvalidParameterException",
        "at most 3 dimensions",
        transformed(dimensions=dict.fromkeys("abc", "$.x")),
    ),
    (
        "logs.PutMetricFilter",
        transformed(metricValue="count"),
        "InvalidParameterException",
        "metricValue must be a number or a selector",
        transformed(metricValue="-1.5e3"),
    ),
    (
        "logs.PutLogEvents",
        logged(0, 1, 25),
        "InvalidParameterException",
        "cannot span more than 24 hours",
        logged(1, 2, 25),
    ),
    (
        "cloudwatch.GetMetricData",
        queried("a", "b", "a"),
        "ValidationError",
        "are not unique",
        queried("a", "b"),
    ),
    (
        "cloudwatch.GetMetricData",
        queried("a", "Big"),
        "ValidationError",
        "The value Big for parameter MetricDataQueries.member.2.Id is not matching",
        queried("a", "bIG_1"),
    ),
    *(
        ("cloudwatch.PutDashboard", board(body), "InvalidParameterInput", text, board('{"widgets": [{}]}'))
        for body, text in (
            ("[]", "must be a valid JSON object"),
            ('{"widgets": "x"}', "there are 1 validation errors"),
            ('{"widgets": [1, {}, 2]}', "there are 2 validation errors"),
        )
    ),
    (
        "sns.Publish",
        FIRST,
        "InvalidParameter",
        "The MessageGroupId parameter is required for FIFO topics",
        {**FIRST, "MessageGroupId": "g"},
    ),
    *(
        (
            f"kinesis.{action}StreamEncryption",
            {**KEY, "EncryptionType": "NONE"},
            "InvalidArgumentException",
            "is KMS",
            {**KEY, "EncryptionType": "KMS"},
        )
        for action in ("Start", "Stop")
    ),
    (
        "kinesis.CreateStream",
        {"StreamName": "S", "ShardCount": 2, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
        "ValidationException",
        "ShardCount is not expected when StreamMode=ON_DEMAND",
        {"StreamName": "S", "StreamModeDetails": {"StreamMode": "ON_DEMAND"}},
    ),
    *(
        ("cloudwatch.PutMetricAlarm", {**ALARM, **wrong}, code, text, {**ALARM, **right})
        for wrong, code, text, right in (
            ({"Period": None, "Namespace": ""}, "ValidationError", "must have Namespace, Period.", {}),
            ({"EvaluationPeriods": None}, "ValidationError", "must have EvaluationPeriods.", {}),
            ({"Statistic": None}, "ValidationError", "must have Statistic.", {}),
            ({"Period": 45}, "ValidationError", "Period must be", {"Period": 30}),
            ({"DatapointsToAlarm": 3}, "ValidationError", "DatapointsToAlarm", {"DatapointsToAlarm": 2}),
            (
                {"EvaluationPeriods": 1441},
                "ValidationError",
                "more than 86400 seconds",
                {"EvaluationPeriods": 1440},
            ),
            (
                {"Period": 3600, "EvaluationPeriods": 169},
                "ValidationError",
                "more than 604800 seconds",
                {"Period": 3600, "EvaluationPeriods": 168},
            ),
            ({"OKActions": ["nowhere"]}, "ValidationError", "syntax: nowhere", {"OKActions": [TOPIC]}),
            ({"TreatMissingData": "x"}, "ValidationError", "Option x", {"TreatMissingData": "ignore"}),
            (
                {"ExtendedStatistic": "p90"},
                "InvalidParameterCombination",
                "mutually exclusive",
                {"Statistic": None, "ExtendedStatistic": "p90"},
            ),
            (
                {"Metrics": [{"Id": "m"}]},
                "InvalidParameterCombination",
                "MetricName, Namespace, Period, Statistic",
                dict.fromkeys(("MetricName", "Namespace", "Period", "Statistic"))
                | {"Metrics": [{"Id": "m"}]},
            ),
        )
    ),
    (
        "sns.Subscribe",
        {"Attributes": {RAW: "maybe"}},
        "InvalidParameter",
        MUST,
        {"Attributes": {RAW: "True"}},
    ),
    (
        "sns.SetSubscriptionAttributes",
        {"AttributeName": RAW, "AttributeValue": "maybe"},
        "InvalidParameter",
        MUST,
        {"AttributeName": RAW, "AttributeValue": "false"},
    ),
    (
        "cloudwatch.PutMetricData",
        {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 0.0}, {"MetricName": "m"}]},
        "MissingParameter",
        "The parameter MetricData.member.2.Value is required.",
        {"Namespace": "n", "MetricData": [{"MetricName": "m", "StatisticValues": {}}]},
    ),
    (
        "kms.CreateKey",
        {"KeySpec": "HMAC_256"},
        "ValidationException",
        "KeyUsage ENCRYPT_DECRYPT is not compatible with KeySpec HMAC_256",
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
    ),
    (
        "dynamodb.CreateTable",
        {"TableName": "t" * 256},
        "ValidationException",
        "at most 255 characters long",
        {"TableName": "t" * 255},
    ),
    (
        "ssm.PutParameter",
        {"Value": "v" * 8193, "Tier": "Advanced"},
        "ValidationException",
        "Advanced tier parameters support a maximum parameter value of 8192 characters.",
        {"Value": "v" * 8192, "Tier": "Advanced"},
    ),
    *(
        (
            f"s3.{operation}",
            {"Tagging": "&".join(f"k{number}=v" for number in range(11))},
            "BadRequest",
            "Object tags cannot be greater than 10",
            {"Tagging": "&".join(f"k{number}=v" for number in range(10))},
        )
        for operation in ("PutObject", "CreateMultipartUpload", "CopyObject")
    ),
]


@pytest.mark.parametrize(("operation", "wrong", "code", "text", "right"), DEMANDS)
def test_a_demand_is_met(operation: str, wrong: Given, code: str, text: str, right: Given) -> None:
    """Each operation refuses what its sibling refuses, by its service's code."""
    service, name = operation.split(".")

    error = unmet_demand(service, name, wrong)

    assert error is not None
    assert (error.code, text in error.message) == (code, True)
    assert unmet_demand(service, name, right) is None
