import json
from base64 import b64decode
from decimal import Decimal


def parse(kinesis: dict) -> dict:
    return json.loads(b64decode(kinesis["data"]).decode("utf-8"), parse_float=Decimal)
