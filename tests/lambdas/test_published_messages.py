"""The sample messages of the two published designs, field for field, as JSON.

The first design's message has no Version. Those of the second design's example have no Timestamp.
"""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.lambdas.handler_bench import Bench, kinesis_event
from workshop.course.sent import message_of
from workshop.pipeline.example import EXAMPLE_MESSAGES
from workshop.pipeline.truth import stateful_truth, stateless_truth

FIRST_DESIGN = b"""
{"RiskMessage": {
   "TradeID"   : "0d957268-2913-4dbb-b359-5ec5ff732cac",
   "Value"     : 34624.51,
   "Timestamp" : 1616413258.8997078,
   "Hierarchy" : {"RiskType": "Delta", "Region": "AMER", "TradeDesk": "FXSpot"}
}}"""
SECOND_DESIGN = b"""
{
"RiskMessage": {
   "TradeID"   : "0d957268-2913-4dbb-b359-5ec5ff732cac",
   "Value"     : 34624.51,
   "Version"   : 3,
   "Timestamp" : 1616413258.8997078,
   "Hierarchy" : {"RiskType": "Delta", "Region": "AMER", "TradeDesk": "FXSpot"}
 }
}"""
M2 = b"""
{"TradeID"   : "8ec2fdcd", "Value": 100, "Version": 1,
    "Hierarchy" : {"RiskType": "Delta", "Region": "EMEA", "TradeDesk": "FXSpot"} }"""
M5 = b"""
{"TradeID"   : "395974a4", "Value": 20, "Version": 1,
    "Hierarchy" : {"RiskType": "Delta", "Region": "AMER", "TradeDesk": "FXSpot"} }"""
ARRIVED_AT = Decimal("1750000001.5")  # the time of arrival in the events that the bench makes
PUBLISHED = [FIRST_DESIGN, SECOND_DESIGN, M2, M5]
VARIANTS = pytest.mark.parametrize("variant", ["starter", "textbook", "ledger"])
GUARDED = pytest.mark.parametrize("variant", ["textbook", "ledger"])


def item_of(data: bytes, **defaults: Decimal) -> dict[str, Any]:
    """Return the item that a message must become: its fields, and what stands in for those it lacks."""
    document = json.loads(data, parse_float=Decimal, parse_int=Decimal)
    return defaults | document.get("RiskMessage", document)


@VARIANTS
@pytest.mark.parametrize(
    ("data", "defaults"),
    [
        (FIRST_DESIGN, {"Version": Decimal(0)}),
        (SECOND_DESIGN, {}),
        (M2, {"Timestamp": ARRIVED_AT}),
        (M5, {"Timestamp": ARRIVED_AT}),
    ],
    ids=["first design", "second design", "M2", "M5"],
)
def test_every_field_of_a_published_message_arrives(
    bench: Bench, data: bytes, defaults: dict[str, Decimal]
) -> None:
    """StateTable holds the fields as published; version 0 and the time of arrival stand in for what lacks."""
    bench.flow(data)

    [item] = bench.items("StateTable")
    assert {name: item[name] for name in item if name != "Cancelled"} == item_of(data, **defaults)
    assert bench.totals()["Grand Total"] == item["Value"]
    assert bench.reasons() == []


@GUARDED
def test_a_message_without_a_version_is_older_than_any_other(bench: Bench) -> None:
    """The second design's message replaces the first design's, since version 3 is newer than none."""
    bench.flow(FIRST_DESIGN, SECOND_DESIGN)

    assert [item["Version"] for item in bench.items("StateTable")] == [3]
    assert (
        bench.totals()["Grand Total"]
        == stateful_truth(messages(FIRST_DESIGN, SECOND_DESIGN)).totals["Grand Total"]
    )


@GUARDED
def test_a_message_without_a_version_comes_too_late_behind_any_other(bench: Bench) -> None:
    """What has no version replaces nothing, and is not set aside."""
    bench.flow(SECOND_DESIGN, FIRST_DESIGN)

    assert [item["Version"] for item in bench.items("StateTable")] == [3]
    assert bench.reasons() == []


@VARIANTS
def test_the_stateless_pipeline_adds_up_all_that_is_published(bench: Bench) -> None:
    """Each published message counts, and a row begins with the time of arrival where no time is given."""
    bench.run("stateless.map", kinesis_event(PUBLISHED))
    bench.run("stateless.map", kinesis_event([M2, M5], shard=1))

    assert bench.reasons() == []
    rows = {int(row["MessageCount"]): row for row in bench.items("ReduceTable")}
    truth = stateless_truth(messages(*PUBLISHED)).totals
    assert rows[4]["Deltas"] == {path: value for path, value in truth.items() if path != "Grand Total"}
    assert rows[2]["FirstTimestamp"] == rows[2]["MeanTimestamp"] == ARRIVED_AT


def test_the_example_is_the_published_one() -> None:
    """M2 and M5 of the example are those of the second design, which also shows that they add up to 120."""
    assert messages(M2, M5) == [EXAMPLE_MESSAGES["M2"], EXAMPLE_MESSAGES["M5"]]
    assert stateful_truth(messages(M2, M5)).totals["Delta"] == 120


def messages(*data: bytes) -> list[Any]:
    """Return the messages in some records, as the truth reads them."""
    return [message_of(each.decode()) for each in data]
