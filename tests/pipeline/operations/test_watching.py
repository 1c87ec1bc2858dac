"""What the functions write of their batches is found by the queries of the stack's dashboard."""

import json
from typing import Any

from tests.pipeline.operations.pipeline_bench import Bench, some_messages, values_of
from workshop.cloud.fault_plan import FaultPlan


def widgets(bench: Bench) -> list[dict[str, Any]]:
    """Return the widgets of the stack's dashboard, as CloudWatch has it."""
    client = bench.laboratory.client("cloudwatch")
    body = client.get_dashboard(DashboardName=f"{bench.stack}-Pipeline")["DashboardBody"]
    return [each["properties"] for each in json.loads(body)["widgets"]]


def queries(widget: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a widget asks CloudWatch."""
    found = []
    for place, line in enumerate(widget["metrics"]):
        more = line[-1] if isinstance(line[-1], dict) else {}
        query: dict[str, Any] = {"Id": more.get("id", f"q{place}")}
        if "expression" in more:
            query["Expression"] = more["expression"]
        else:
            namespace, name, *pairs = [each for each in line if isinstance(each, str)]
            dimensions = [
                {"Name": key, "Value": value} for key, value in zip(pairs[::2], pairs[1::2], strict=True)
            ]
            metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
            stat = more.get("stat", widget["stat"])
            query["MetricStat"] = {"Metric": metric, "Period": widget["period"], "Stat": stat}
        found.append(query)
    return found


def test_every_query_of_the_dashboard_finds_what_happened(bench: Bench) -> None:
    """Each line of each widget has values once messages have gone through."""
    bench.process(some_messages(5, stateful=bench.pipeline == "stateful"))

    answers = {
        (widget["title"], each["Id"]): each["Values"]
        for widget in widgets(bench)
        for each in bench.ask_metrics(queries(widget))
    }

    assert len(answers) > 15
    assert [name for name, values in answers.items() if not values and name[0] != "Throttles"] == []


def test_the_metrics_say_what_went_through(bench: Bench) -> None:
    """The messages of each stage are those that were sent, and Reduce's latency is that of each of them."""
    messages = some_messages(6, stateful=False)
    bench.process(messages)
    function = [{"Name": "FunctionName", "Value": bench.outputs["ReduceLambdaName"]}]

    [counted, measured] = (
        sum(values_of(bench, "TradeRisk", name, function, stat)[0])
        for name, stat in (("Messages", "Sum"), ("Latency", "SampleCount"))
    )

    assert counted == measured == len(messages)


def test_retries_are_seen(stateful: Bench) -> None:
    """What was applied before a crash and comes again is counted by the stage that meets it."""
    stateful.laboratory.use_faults(FaultPlan(rates={"crash_after@map": 1.0}, limit=1))
    messages = some_messages(7, stateful=False)
    stateful.process(messages)
    function = [{"Name": "FunctionName", "Value": stateful.outputs["MapLambdaName"]}]

    repeated, counted = (
        sum(values_of(stateful, "TradeRisk", name, function, "Sum")[0]) for name in ("Repeated", "Messages")
    )

    assert repeated > 0
    assert counted <= len(messages)
