"""A look at a pipeline on AWS, where no runtime tells what waits: items are counted, ages are a metric."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

from workshop.notebook.views.picture import draw_picture
from workshop.pipeline.hops import NOT_CONNECTED, look_at, look_at_hops

OUTPUTS = {
    "StreamName": "stream",
    "StateTableName": "state",
    "ReduceTableName": "reduce",
    "AggregateTableName": "aggregate",
    "StateLambdaName": "StateLambda",
    "MapLambdaName": "MapLambda",
    "ReduceLambdaName": "ReduceLambda",
}


class Aws:
    """As much of AWS as a look asks for: one stage is connected, each table has items on two pages."""

    offline = None

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def client(self, service: str) -> Any:
        """Return every client in one."""
        del service
        pages = SimpleNamespace(paginate=lambda **_: [{"Count": 3}, {"Count": 4}])
        return SimpleNamespace(
            get_paginator=lambda _: pages,
            list_event_source_mappings=self.mappings,
            get_metric_statistics=self.statistics,
            describe_stream_summary=lambda **_: {"StreamDescriptionSummary": {"OpenShardCount": 2}},
        )

    def statistics(self, **asked: Any) -> Any:
        """Return two points, and remember what was asked for."""
        self.asked.append(asked)
        return {
            "Datapoints": [
                {"Timestamp": datetime(2026, 1, 1, 0, 1, tzinfo=UTC), "Maximum": 2500.0},
                {"Timestamp": datetime(2026, 1, 1, 0, 0, tzinfo=UTC), "Maximum": 9000.0},
            ]
        }

    def mappings(self, *, FunctionName: str) -> Any:  # noqa: N803 - as in boto3
        """Return the mapping of StateLambda, and one of MapLambda that is being deleted."""
        rows = {
            "StateLambda": [{"UUID": "1", "State": "Enabled", "BatchSize": 100}],
            "MapLambda": [{"UUID": "2", "State": "Deleting", "BatchSize": 100}],
        }
        return {"EventSourceMappings": rows.get(FunctionName, [])}


def test_a_look_on_aws_counts_items_and_takes_the_newest_age() -> None:
    """AWS's own item count is hours old, so items are counted; what waits is not known, its age is."""
    look = look_at(cast("Any", Aws()), OUTPUTS, "stateful")

    assert look.items == {"StateTable": 7, "ReduceTable": 7, "AggregateTable": 7}
    assert (look.hops[0].waiting, look.hops[0].age_seconds) == (None, 2.5)
    assert [hop.state for hop in look.hops] == ["Enabled", NOT_CONNECTED, NOT_CONNECTED]


def test_a_metric_is_asked_for_from_this_very_second_on() -> None:
    """Moments travel as whole seconds, and CloudWatch refuses a span whose end is not after its beginning."""
    aws = Aws()
    look_at_hops(cast("Any", aws), OUTPUTS, "stateful", since=datetime.now(UTC))

    assert aws.asked
    for asked in aws.asked:
        assert asked["StartTime"].replace(microsecond=0) < asked["EndTime"].replace(microsecond=0)


def test_the_picture_says_what_is_not_known() -> None:
    """Where nothing is known about waiting records, the picture gives the age and the table a dash."""
    shown = draw_picture(look_at(cast("Any", Aws()), OUTPUTS, "stateful"))

    assert "oldest 2.5 s" in shown.html
    assert "\N{EN DASH}" in shown.text
