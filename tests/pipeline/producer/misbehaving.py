"""A stream that refuses records and fails calls as a test wants it."""

import json
import threading
import zlib
from collections import defaultdict


class MisbehavingStream:
    """A stand-in for boto3's Kinesis client; `refuses` gives an error code for (call, place in call).

    Shards with the numbers in `throttled` take nothing.
    """

    def __init__(
        self, refuses=lambda call, place: None, fails=lambda call: None, *, shards=1, throttled=()
    ) -> None:
        self.stored: list[dict] = []
        self.calls: list[list[dict]] = []
        self._refuses = refuses
        self._fails = fails
        self._shards = shards
        self._throttled = throttled
        self._lock = threading.Lock()

    def put_records(self, *, Records, StreamName):  # noqa: N803 - as in boto3
        """Store what is not refused."""
        with self._lock:
            number = len(self.calls)
            self.calls.append(Records)
            if error := self._fails(number):
                raise error
            answers = [self._answer(number, place, record) for place, record in enumerate(Records)]
            self.stored += [
                record for record, answer in zip(Records, answers, strict=True) if "ShardId" in answer
            ]
            return {"Records": answers}

    def shard_of(self, key: str) -> int:
        """Return the number of the shard that a partition key belongs to."""
        return zlib.crc32(key.encode()) % self._shards

    def _answer(self, number, place, record) -> dict[str, str]:
        shard = self.shard_of(record["PartitionKey"])
        if shard in self._throttled:
            # As Kinesis says it:
            # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
            told = f"Rate exceeded for shard shardId-{shard:012} in stream s under account 111111111111."
            return {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": told}
        if code := self._refuses(number, place):
            return {"ErrorCode": code}
        return {"ShardId": f"shardId-{shard:012}"}

    @property
    def versions(self) -> dict[str, list[int]]:
        """The versions stored of each trade, in the order of the stream."""
        versions = defaultdict(list)
        for record in self.stored:
            message = json.loads(record["Data"])
            versions[message["TradeID"]].append(message["Version"])
        return versions
