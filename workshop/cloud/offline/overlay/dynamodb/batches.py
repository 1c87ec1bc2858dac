"""BatchWriteItem takes at most 25 requests.

AWS refuses more: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html. moto
takes any number, and compares all pairs of keys to find duplicates. Changed: `DynamoHandler.batch_write_item`
counts first, and duplicates are found with a set.
"""

import json
from typing import Any

from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.responses import DynamoHandler

from workshop.cloud.offline.overlay.correct import corrects

MAXIMUM_REQUESTS = 25
_MOTO_BATCH_WRITE = DynamoHandler.batch_write_item


@corrects(DynamoHandler, "batch_write_item")
def _batch_write_item(self: Any) -> Any:
    requests = self.body["RequestItems"].values()
    if sum(map(len, requests)) > MAXIMUM_REQUESTS:
        raise MockValidationException("Too many items requested for the BatchWriteItem call")
    return _MOTO_BATCH_WRITE(self)


@corrects(DynamoHandler, "_contains_duplicates")
def _contains_duplicates(_self: Any, keys: list[Any]) -> bool:
    # Keys may be binary, which JSON lacks; any text that differs for different keys will do.
    marks = {key if isinstance(key, str) else json.dumps(key, sort_keys=True, default=repr) for key in keys}
    return len(marks) < len(keys)
