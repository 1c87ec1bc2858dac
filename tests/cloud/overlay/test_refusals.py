"""What would be without effect here, or would break something, is refused; plain moto takes it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import ROLE_ARN, function, make_role
from workshop.cloud.offline.overlay.correct import plain_moto

SPAN: dict[str, Any] = {"StartTime": 0, "EndTime": 60}
METRIC: dict[str, Any] = {"Namespace": "N", "MetricName": "m"}


def test_statistics_are_refused_by_name(account, refused) -> None:
    """GetMetricData and GetMetricStatistics name the statistic; plain moto answers with nothing."""
    cloudwatch = account.client("cloudwatch")
    query = {"Id": "a", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "tm99"}}
    plainly = {**METRIC, **SPAN, "Period": 60, "ExtendedStatistics": ["tm90"]}

    answers = (
        refused(cloudwatch.get_metric_data, **SPAN, MetricDataQueries=[query]),
        refused(cloudwatch.get_metric_statistics, **plainly),
    )
    with plain_moto():
        assert cloudwatch.get_metric_statistics(**plainly)["Datapoints"] == []

    found = [(code, message.partition("not `")[2][:5]) for code, message in answers]
    assert found == [("ValidationError", "tm99`"), ("ValidationError", "tm90`")]


def test_a_stream_with_consumers_is_not_deleted(account, refused) -> None:
    """Unless the call says that its consumers shall go too."""
    kinesis = account.client("kinesis")
    kinesis.create_stream(StreamName="S", ShardCount=1)
    arn = kinesis.describe_stream_summary(StreamName="S")["StreamDescriptionSummary"]["StreamARN"]
    kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="c")

    code, _ = refused(kinesis.delete_stream, StreamName="S")
    kinesis.delete_stream(StreamName="S", EnforceConsumerDeletion=True)

    assert (code, kinesis.list_streams()["StreamNames"]) == ("ResourceInUseException", [])


@pytest.fixture
def functions(account) -> Any:
    """A client of Lambda, with a function F and its version 1."""
    make_role(account.client("iam"))
    client = account.client("lambda")
    client.create_function(**function(), Publish=True)
    return client


def test_names_of_aliases_and_statements_are_unique(functions, refused) -> None:
    """A second one of the same name is a conflict, and changes nothing."""
    alias = {"FunctionName": "F", "Name": "live", "FunctionVersion": "1"}
    statement = {
        "FunctionName": "F",
        "StatementId": "s",
        "Action": "lambda:InvokeFunction",
        "Principal": "s3.amazonaws.com",
    }
    functions.create_alias(**alias)
    functions.add_permission(**statement)

    again = (refused(functions.create_alias, **alias), refused(functions.add_permission, **statement))
    with plain_moto():
        functions.add_permission(**statement)

    assert [code for code, _ in again] == ["ResourceConflictException"] * 2


def test_code_needs_a_runtime_and_a_handler(account, refused) -> None:
    """A function whose code is a zip file has both."""
    make_role(account.client("iam"))
    text = "Runtime and Handler are mandatory parameters for functions created with deployment packages."
    for name in ("Runtime", "Handler"):
        settings = {key: value for key, value in function().items() if key != name}

        error = refused(account.client("lambda").create_function, **settings)

        assert error == ("InvalidParameterValueException", text)


def test_who_is_permitted_is_there(functions, refused) -> None:
    """AddPermission refuses a role or a user of this account that is not there."""
    statement = {"FunctionName": "F", "Action": "lambda:InvokeFunction"}
    text = "The provided principal was invalid. Please check the principal and try again."
    for kind in ("role", "user"):
        nobody = f"arn:aws:iam::123456789012:{kind}/nobody"

        error = refused(functions.add_permission, **statement, StatementId=kind, Principal=nobody)

        assert error == ("InvalidParameterValueException", text)
    for number, principal in enumerate((ROLE_ARN, "arn:aws:iam::999999999999:role/other", "*")):
        functions.add_permission(**statement, StatementId=f"s{number}", Principal=principal)


def test_settings_of_events_set_something(functions, refused) -> None:
    """PutFunctionEventInvokeConfig with nothing to keep is refused."""
    error = refused(functions.put_function_event_invoke_config, FunctionName="F")

    text = "You must specify at least one of error handling or destination setting."
    assert error == ("InvalidParameterValueException", text)


def test_weights_of_an_alias_are_refused_by_name(functions) -> None:
    """An alias invokes one version here."""
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    functions.create_alias(FunctionName="F", Name="live", FunctionVersion="1")

    for call, version in ((functions.create_alias, {"FunctionVersion": "1"}), (functions.update_alias, {})):
        with pytest.raises(ClientError, match="does not divide invocations"):
            call(FunctionName="F", Name="live", RoutingConfig=weights, **version)


def test_what_is_not_there_has_neither_filters_nor_a_policy(account, refused) -> None:
    """A group has no metric filters, a stream no policy; plain moto lists none and keeps it."""
    logs, kinesis = account.client("logs"), account.client("kinesis")
    stream = {"ResourceARN": "arn:aws:kinesis:eu-west-1:123456789012:stream/none", "Policy": "{}"}

    codes = (
        refused(logs.describe_metric_filters, logGroupName="none")[0],
        refused(kinesis.put_resource_policy, **stream)[0],
    )
    with plain_moto():
        assert logs.describe_metric_filters(logGroupName="none")["metricFilters"] == []
        kinesis.put_resource_policy(**stream)

    assert codes == ("ResourceNotFoundException", "ResourceNotFoundException")
