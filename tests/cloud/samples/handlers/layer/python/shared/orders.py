import os

import boto3
from release import RELEASE

table = boto3.resource("dynamodb").Table(os.environ["TABLE_NAME"])


def save(order):
    table.put_item(Item={"id": order["id"], "version": os.environ["VERSION"], "release": RELEASE})
    return order["id"]
