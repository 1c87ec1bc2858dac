"""Events of rules and schedules, and answers of other functions, whatever wraps them."""

import json
import os
from datetime import datetime, timezone

import boto3
from release import RELEASE

TABLE = boto3.resource("dynamodb").Table(os.environ.get("TABLE_NAME", ""))


def lambda_handler(event, context):
    print(json.dumps(event))
    order = event.get("detail") or event.get("responsePayload") or event
    now = datetime.now(timezone.utc).isoformat()
    TABLE.put_item(Item={"id": order["id"], "version": os.environ["VERSION"], "release": RELEASE, "at": now})
    return {"statusCode": 200, "body": json.dumps("ok")}
