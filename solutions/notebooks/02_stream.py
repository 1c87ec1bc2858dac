# ruff: noqa: ANN001, ANN201, D100, D103, S324 - cells are short, and MD5 is what Kinesis uses

# %% [markdown]
# # The stream
#
# - **Goal:** put messages into the stream, find them again, and know what keeps them in order.
# - **Time:** 12 minutes.
# - **You need:** the idea of a message, from [00](00_start_here.ipynb).
#
# The desk sends when it likes, and the functions work when they can. Between the two stands a *stream*: it
# takes messages in, keeps them for a day, and lets anybody read them, in order. Ours is a stream of
# *Kinesis*, AWS's service for that.

# %%
from workshop.notebook import start

ws = start("02")

# %% [markdown]
# ## A record is a key and some bytes
#
# An entry in a stream is called a *record*. It has *data*, which are bytes that Kinesis never looks into,
# and a *partition key*, a piece of text that says which records belong together. Here are six messages to
# send.

# %%
messages = ws.messages.desk("desk", 6)
messages[0]

# %% [markdown]
# ## Exercise: put them into the stream
#
# The call is
# [put_records](https://docs.aws.amazon.com/boto3/latest/reference/services/kinesis/client/put_records.html)
# of the Kinesis client, `ws.client("kinesis")`. It takes up to 500 records at once. Put in all six: the
# message as JSON, and as its partition key the `TradeID`. The stream's name is `ws.outputs["StreamName"]`.

# %% tags=["exercise:put-records"]
import json

messages = ws.messages.desk("desk", 6)
### BEGIN SOLUTION
records = [{"Data": json.dumps(message), "PartitionKey": message["TradeID"]} for message in messages]
answer = ws.client("kinesis").put_records(StreamName=ws.outputs["StreamName"], Records=records)
print(f"{len(records)} put, {answer['FailedRecordCount']} refused")
### STARTER
# # your code here
### END SOLUTION

# %%
ws.check("put-records")

# %% [markdown]
# `FailedRecordCount` matters: if the stream is too busy, it takes *some* of the records and refuses the
# others, without any error. A producer that does not look loses messages. The workshop's own producer looks,
# and sends again what was refused.

# %% [markdown]
# ## Which shard?
#
# A stream is cut into shards, and yours has two. Kinesis makes a number from the partition key, with a
# function called MD5 that mixes thoroughly. Each shard owns a range of these numbers.
#
# ```mermaid
# flowchart LR
#     K["partition key"] --> M{{"MD5: a number"}}
#     M -- "in the lower half" --> A[("shard 0")]
#     M -- "in the upper half" --> B[("shard 1")]
# ```

# %%
ws.predict("shards-of-one-key")

# %%
import hashlib

kinesis, stream = ws.client("kinesis"), ws.outputs["StreamName"]
shards = kinesis.list_shards(StreamName=stream, ShardFilter={"Type": "AT_LATEST"})["Shards"]
for message in messages:
    number = int(hashlib.md5(message["TradeID"].encode()).hexdigest(), 16)
    for shard in shards:
        ends = shard["HashKeyRange"]
        if int(ends["StartingHashKey"]) <= number <= int(ends["EndingHashKey"]):
            print(message["TradeID"], "→", shard["ShardId"])

# %% [markdown]
# **What just happened?** The key alone has decided. Two messages with one key always meet in one shard; two
# keys may or may not. So with a single key, one of the shards gets everything and the other one nothing.

# %%
ws.reveal("shards-of-one-key")

# %% [markdown]
# ## Read a shard
#
# A reader of a shard chooses a starting point, and gets a *shard iterator* for it: a bookmark. `TRIM_HORIZON`
# is the oldest record that is still kept. With the bookmark it asks for records, and gets the next bookmark
# with them.


# %%
def read(shard_id, how_many=5):
    start = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON")
    found = kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
    print(f"{shard_id}: {len(found)} records, the last ones:")
    for record in found[-how_many:]:
        print("  …" + record["SequenceNumber"][-10:], record["PartitionKey"], record["Data"].decode()[:60])


for shard in shards:
    read(shard["ShardId"])

# %% [markdown]
# Each record has a *sequence number*; within a shard the numbers always increase. That is the order in which
# everybody reads, and how a reader remembers how far it has read.

# %%
ws.predict("read-twice")

# %%
read(shards[0]["ShardId"])
ws.reveal("read-twice")

# %% [markdown]
# ## Exercise: choose the partition key
#
# Forty trades send two versions each. Two things have to hold: the two shards share the work, and the
# versions of a trade always stay in order. There is order inside a shard, and none between shards.
#
# Which key makes both hold? The starter gives every message the same one.

# %% tags=["exercise:one-key-one-shard"]
import json


def partition_key(message):
    ### BEGIN SOLUTION
    return message["TradeID"]
    ### STARTER
    # return "risk"
    ### END SOLUTION


for version in (1, 2):
    forty = ws.messages.desk("key", 40, version=version)
    records = [{"Data": json.dumps(message), "PartitionKey": partition_key(message)} for message in forty]
    ws.client("kinesis").put_records(StreamName=ws.outputs["StreamName"], Records=records)

# %%
ws.check("one-key-one-shard")

# %%
ws.quiz("order-across-shards")

# %% [markdown] tags=["instructor-note"]
# **For instructors:** The point of `one-key-one-shard` is not the answer, which everybody guesses, but
# why `TradeDesk` and `TradeID-Version` fail: let two people run these and read the feedback aloud.

# %% [markdown]
# ## What you have seen
#
# - A record is data with a partition key; the key decides on the shard.
# - Inside a shard there is an order, given by sequence numbers. Between shards there is none.
# - Reading removes nothing; each reader keeps its own place.
# - A shard takes 1,000 records or 1 MB a second; more shards take more, if the keys spread.
#
# **Questions to consider.** One trade changes 3,000 times a second. Which key helps? A reader crashes between
# reading a record and noting down its place: what will it read next?
#
# **Read more:** [Kinesis terminology](https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html)
#
# **Next:** [03: stage 1, state](03_state.ipynb). Your messages are still in the stream, and wait for somebody
# to read them.
