"""Wrong answers to the exercises of notebook 02."""

from tests.course.gate.wrong_answers import Wrong

PUT = """
import json


messages = ws.messages.desk("desk", 6)
records = [{records}]
ws.client("kinesis").put_records(StreamName=ws.outputs["StreamName"], Records=records)
"""
KEYS = """
import json


for version in (1, 2):
    for message in ws.messages.desk("key", 40, version=version):
        ws.client("kinesis").put_record(
            StreamName=ws.outputs["StreamName"], Data=json.dumps(message), PartitionKey={key}
        )
"""


def put(records: str) -> str:
    """Return a cell that puts records made in this way."""
    return PUT.replace("{records}", records)


WRONG = {
    "put-records": (
        Wrong(
            put('{"Data": json.dumps(message), "PartitionKey": "trades"} for message in messages'),
            r"partition key `trades`, which is not its TradeID",
        ),
        Wrong(
            put('{"Data": str(message), "PartitionKey": message["TradeID"]} for message in messages'),
            r"not JSON: it begins with `\{'TradeID'",
        ),
        Wrong(put('{"Data": json.dumps(messages), "PartitionKey": "desk-1"}'), r"a list of 6 trades"),
    ),
    "one-key-one-shard": (
        Wrong(KEYS.replace("{key}", '"risk"'), r"one and the same partition key"),
        Wrong(KEYS.replace("{key}", 'message["Hierarchy"]["TradeDesk"]'), r"only 2 different partition keys"),
        Wrong(
            KEYS.replace("{key}", "f\"{message['TradeID']}-{message['Version']}\""),
            r"nothing keeps\s+them in order",
        ),
    ),
}
