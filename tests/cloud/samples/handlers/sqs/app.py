"""Messages of a queue, one at a time; those that fail are named. A dataclass, a client made when needed."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import lru_cache

import boto3
from release import RELEASE


@dataclass(frozen=True)
class Order:
    id: str

    @classmethod
    def from_body(cls, body: str) -> Order:
        return cls(id=json.loads(body)["id"])


@lru_cache(maxsize=None)
def client():
    return boto3.client("dynamodb", region_name=os.environ["AWS_REGION"])


def save(order: Order) -> None:
    item = {"id": {"S": order.id}, "version": {"S": os.environ["VERSION"]}, "release": {"N": str(RELEASE)}}
    client().put_item(TableName=os.environ["TABLE_NAME"], Item=item)


def lambda_handler(event: dict, context) -> dict:
    failed: list[dict[str, str]] = []
    for record in event["Records"]:
        try:
            save(Order.from_body(record["body"]))
        except (KeyError, ValueError) as error:
            print(f"failed: {error!r}, {context.get_remaining_time_in_millis()} ms left")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
