"""What AWS demands of requests beyond their models."""

from typing import Any

import pytest

from workshop.cloud.offline.request_models.demands import unmet_demand

DATUM = {"MetricName": "m", "Value": 1.0}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"MetricData": [DATUM] * 1001}, "The collection MetricData must not have a size greater than 1000."),
        (
            {"MetricData": [DATUM, {**DATUM, "Values": [1.0] * 151}]},
            "The collection MetricData.member.2.Values must not have a size greater than 150.",
        ),
        ({"Namespace": "AWS/Lambda"}, "The value AWS/Lambda for parameter Namespace is invalid."),
    ],
)
def test_metrics_are_put_in_moderation(given: dict[str, Any], text: str) -> None:
    """At most 1,000 in a call, of at most 150 values, and none among the services' own."""
    error = unmet_demand("cloudwatch", "PutMetricData", {"Namespace": "N", "MetricData": [DATUM], **given})
    most = {"Namespace": "N", "MetricData": [{**DATUM, "Values": [1.0] * 150}] * 1000}

    assert error is not None
    assert (error.code, error.message) == ("InvalidParameterValue", text)
    assert unmet_demand("cloudwatch", "PutMetricData", most) is None


@pytest.mark.parametrize("name", ["A_b", "ab", "a..b", "1.2.3.4", "-ab", "x" * 64])
def test_buckets_have_names_of_hosts(name: str) -> None:
    """Small letters, digits, hyphens and dots, and no address."""
    error = unmet_demand("s3", "CreateBucket", {"Bucket": name})

    assert error is not None
    assert error.code == "InvalidBucketName"
    assert unmet_demand("s3", "CreateBucket", {"Bucket": "a.b-1"}) is None


def test_a_parameter_has_4096_characters() -> None:
    """One of the advanced tier may have more."""
    given = {"Name": "p", "Type": "String", "Value": "v" * 4097}

    error = unmet_demand("ssm", "PutParameter", given)

    assert error is not None
    assert error.message.startswith("Standard tier parameters support a maximum parameter value of 4096 char")
    assert unmet_demand("ssm", "PutParameter", {**given, "Tier": "Advanced"}) is None
    assert unmet_demand("ssm", "PutParameter", {**given, "Value": "v" * 4096}) is None
