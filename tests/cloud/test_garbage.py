"""Where a cloud's process looks for garbage."""

import subprocess
import sys

# A cycle, as a table and its stream are one.
PROGRAM = """
import gc, weakref
from workshop.cloud.offline import garbage

class Resource:
    def __init__(self):
        self.itself = self

garbage.begin()
gc.enable()
resource = Resource()
found = weakref.ref(resource)
gc.collect()
del resource
gc.collect()
print(found() is not None)
garbage.look_at_everything()
gc.collect()
print(found() is not None)
"""

CALLS = """
import boto3
from workshop.cloud.offline import server

calls = []
server.look_at_everything = lambda: print(calls[-1])
with server.OfflineCloud(port=0) as cloud:
    own = {"endpoint_url": cloud.url, "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    client = boto3.client("dynamodb", "eu-west-1", **own)
    client.meta.events.register("before-call.*", lambda model, **_: calls.append(model.name))
    client.create_table(
        TableName="T",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.put_item(TableName="T", Item={"pk": {"S": "a"}})
    client.scan(TableName="T")
    client.delete_table(TableName="T")
"""


def test_what_was_in_use_is_looked_at_again_when_a_resource_may_have_gone() -> None:
    """What has survived a look is left out of the next, and goes with the one after a change of resources."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "False"]


def test_calls_that_change_resources_have_everything_looked_at() -> None:
    """A table that comes or goes has everything looked at; what is read or written in it has not."""
    done = subprocess.run([sys.executable, "-c", CALLS], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["CreateTable", "DeleteTable"]
