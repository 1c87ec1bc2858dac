"""Wrong answers to the exercises of notebooks 08 and 10 that make totals wrong, or should."""

from tests.course.gate.wrong_answers import Wrong

ONE_TRADE = "from dataclasses import replace\nws.clear()\n[old] = ws.send(1, seed=11).messages\n"
TEN_TRADES = (
    "ws.clear()\n"
    'with ws.lab.poller("MapLambda") as poller:\n'
    "    ws.send(10, seed=41)\n"
    "    batch = poller.fetch(at_least=10)\n"
    "    poller.deliver(batch)\n"
)

ONE_MORE = (
    'ws.client("dynamodb").update_item(TableName=ws.outputs["AggregateTableName"], '
    'Key={"Identifier": {"S": "Grand Total"}}, UpdateExpression="ADD #value :one", '
    'ExpressionAttributeNames={"#value": "Value"}, ExpressionAttributeValues={":one": {"N": "1"}})'
)


def changing(functions: str, settings: str) -> str:
    """Return a cell that changes the mappings of functions."""
    return (
        f"for function in ({functions},):\n"
        '    ws.client("lambda").update_event_source_mapping('
        f'UUID=ws.aws.mapping(function)["UUID"], {settings})'
    )


WRONG = {
    "break-it": (
        Wrong(f"{ONE_TRADE}ws.send([old])\nws.rest()", r"1 duplicate and 0 newer versions"),
        # Cancelled, and nothing came after it.
        Wrong(
            f"{ONE_TRADE}ws.send([replace(old, version=2, cancelled=True)])\nws.rest()",
            r"1 newer version of a trade",
        ),
        # Two contents under one version: the truth has the first, too.
        Wrong(
            f"{ONE_TRADE}ws.send([replace(old, version=1, value=old.value + 1)])\nws.rest()",
            r"1 message said something else of a trade than an earlier one with the same version",
        ),
        # Cancelled, and the version forgotten.
        Wrong(
            f"{ONE_TRADE}ws.send([replace(old, cancelled=True)])\nws.rest()",
            r"1 message said something else of a trade than an earlier one with the same version",
        ),
    ),
    "break-the-guard": (
        Wrong(f"{TEN_TRADES}    poller.deliver(batch)\nws.rest()", r"Every total is exact"),
        # Lambda never turns a batch round.
        Wrong(f"{TEN_TRADES}    poller.deliver(batch[::-1])\nws.rest()", r"2 whole rows"),
        Wrong(f"{TEN_TRADES}    poller.deliver([])\nws.rest()", r"Every total is exact"),
        # Two rows of different sizes, and no record in both.
        Wrong(
            f"{TEN_TRADES}ws.rest()\nws.send(3, seed=42)\nws.rest()\n{ONE_MORE}", r"wrong for another reason"
        ),
        Wrong(
            f"{TEN_TRADES}    poller.deliver(batch[::-1])\nws.rest()\nws.send(3, seed=42)\nws.rest()",
            r"2 whole rows",
        ),
    ),
    "name-the-shard": (
        Wrong(changing('"MapLambda"', "TumblingWindowInSeconds=900"), r"ReduceLambda still come without"),
        Wrong(changing('"MapLambda", "ReduceLambda"', "TumblingWindowInSeconds=1"), r"last 1 s"),
        Wrong(changing('"MapLambda", "ReduceLambda"', "ParallelizationFactor=2"), r"2 batches of one shard"),
    ),
}
