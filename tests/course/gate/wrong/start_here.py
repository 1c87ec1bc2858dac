"""Wrong answers to the exercise of notebook 00."""

from tests.course.gate.wrong_answers import Wrong

SENDING = """
import json
import time

trade = {trade}
stream = ws.tour.outputs["StreamName"]
ws.client("kinesis").put_record(StreamName=stream, PartitionKey="my-first-trade", Data=json.dumps(trade))
"""
PLACE = '{"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}'


def sending(trade: str) -> str:
    """Return a cell that sends a trade."""
    return SENDING.replace("{trade}", trade)


NOW = '"Timestamp": time.time()'


WRONG = {
    "first-trade": (
        Wrong(
            sending(
                f'{{"TradeID": "my-first-trade", "Value": "100.00", "Version": 1, {NOW}, '
                f'"Hierarchy": {PLACE}}}'
            ),
            r"set your message aside: `Value` is text, not a number",
        ),
        Wrong(
            sending(
                f'{{"TradeID": "my-first-trade", "Value": 100.00, "Version": 1, {NOW}, '
                '"Hierarchy": {"RiskType": "PV", "TradeDesk": "FXSpot"}}'
            ),
            r"`Hierarchy` has no level `Region`",
        ),
        Wrong(
            sending(
                f'{{"TradeID": "my-first-trade", "Value": 100.00, "Version": 1, {NOW} * 1000, '
                f'"Hierarchy": {PLACE}}}'
            ),
            r"are these milliseconds\?",
        ),
        # A message may do without a version, but the task gives one.
        Wrong(
            sending(f'{{"TradeID": "my-first-trade", "Value": 100.00, {NOW}, "Hierarchy": {PLACE}}}'),
            r"counts with 100\.00 in `PV:FXSpot:EMEA`, as version 0; the task asks for .* as version 1",
        ),
        # It arrives, but what follows in the notebook would show other numbers.
        Wrong(
            sending(
                f'{{"TradeID": "my-first-trade", "Value": 1000.00, "Version": 1, {NOW}, '
                '"Hierarchy": {"RiskType": "PV", "TradeDesk": "FX Spot", "Region": "EMEA"}}'
            ),
            r"counts with 1000\.00 in `PV:FX Spot:EMEA`, as version 1; the task asks for 100\.00 in "
            r"`PV:FXSpot:EMEA`, as version 1",
        ),
    ),
}
