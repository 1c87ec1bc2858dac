"""aiobotocore, an asynchronous client, works by the environment variable alone.

It pins a version of botocore that is rarely ours, so it lives in a folder of its own beside the environment.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from workshop.cloud.connection import Cloud

PACKAGE = "aiobotocore>=2.21"
FOLDER = Path(sys.prefix) / "foreign-clients"
SCRIPT = """
import asyncio
from aiobotocore.session import get_session

async def main():
    session = get_session()
    async with session.create_client("kinesis") as kinesis, session.create_client("sqs") as sqs:
        await kinesis.create_stream(StreamName="async", ShardCount=2)
        await asyncio.gather(*(
            kinesis.put_record(StreamName="async", PartitionKey=str(key), Data=str(key).encode())
            for key in range(20)))
        found = []
        for shard in (await kinesis.list_shards(StreamName="async"))["Shards"]:
            iterator = await kinesis.get_shard_iterator(
                StreamName="async", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
            answer = await kinesis.get_records(ShardIterator=iterator["ShardIterator"])
            found += [int(record["Data"]) for record in answer["Records"]]
        url = (await sqs.create_queue(QueueName="async"))["QueueUrl"]
        await sqs.send_message(QueueUrl=url, MessageBody="hello")
        received = await sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)
        print(sorted(found) == list(range(20)), received["Messages"][0]["Body"])

asyncio.run(main())
"""


@pytest.fixture
def folder() -> Path:
    """A folder with aiobotocore and what it needs; made once, which takes a package index."""
    if not (FOLDER / "aiobotocore").is_dir():
        # Where uv has made the environment it is there, and takes a tenth of pip's time.
        installer = ["uv", "pip"] if find_spec("uv") else ["pip"]
        command = [sys.executable, "-m", *installer, "install", "--quiet", "--target", str(FOLDER), PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
        if done.returncode != 0:
            pytest.skip(f"aiobotocore could not be installed: {done.stderr.strip()[-300:]}")
    return FOLDER


def test_an_asynchronous_client_works(shared_cloud: Cloud, folder: Path) -> None:
    """Calls that are under way at the same time are all answered, and each record is there once."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "PYTHONPATH": str(folder),
            "AWS_ENDPOINT_URL": shared_cloud.endpoint or "",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "us-east-1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout.strip() == "True hello", done.stderr
