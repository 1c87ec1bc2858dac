"""Notifications, straight from a topic or wrapped in the message of a queue; `logging.basicConfig`."""

import json
import logging
import os

import boto3
from release import RELEASE

logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", force=True)
session = boto3.session.Session()
table = session.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def notification(record: dict) -> dict:
    return record["Sns"] if record.get("EventSource") == "aws:sns" else json.loads(record["body"])


def lambda_handler(event, context):
    for record in event["Records"]:
        message = json.loads(notification(record)["Message"])
        logging.info("order %s", message["id"])
        table.put_item(Item={"id": message["id"], "version": os.environ["VERSION"], "release": RELEASE})
