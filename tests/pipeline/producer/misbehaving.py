"""A stream that refuses records and fails calls as a test wants it."""

import json
import threading
from collections import defaultdict


class MisbehavingStream:
    """A stand-in for boto3's Kinesis client; `refuses` gives an error code for (call, place in call)."""

    def __init__(self, refuses=lambda call, place: None, fails=lambda call: None) -> None:
        self.stored: list[dict] = []
        self.calls: list[list[dict]] = []
        self._refuses = refuses
        self._fails = fails
        self._lock = threading.Lock()

    def put_records(self, *, Records, StreamName):  # noqa: N803 - as in boto3
        """Store what is not refused."""
        with self._lock:
            number = len(self.calls)
            self.calls.append(Records)
            if error := self._fails(number):
                raise error
            codes = [self._refuses(number, place) for place in range(len(Records))]
            self.stored += [record for record, code in zip(Records, codes, strict=True) if not code]
            return {"Records": [{"ErrorCode": code} if code else {"ShardId": "0"} for code in codes]}

    @property
    def versions(self) -> dict[str, list[int]]:
        """The versions stored of each trade, in the order of the stream."""
        versions = defaultdict(list)
        for record in self.stored:
            message = json.loads(record["Data"])
            versions[message["TradeID"]].append(message["Version"])
        return versions
