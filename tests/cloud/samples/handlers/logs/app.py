"""Lines of a log group, compressed and encoded."""

import base64
import gzip
import json
import os

import boto3
from release import RELEASE

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def lambda_handler(event, context):
    payload = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    for line in payload["logEvents"]:
        order = json.loads(line["message"].partition("ERROR ")[2])
        table.put_item(Item={"id": order["id"], "version": os.environ["VERSION"], "release": RELEASE})
