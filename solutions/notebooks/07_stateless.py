# ruff: noqa: D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # The stateless pipeline
#
# - **Goal:** build the simpler sibling of your pipeline, let it know a batch again, and find out what it
#   cannot do.
# - **Time:** 30 minutes.
# - **You need:** stages and connections, from [03](03_state.ipynb) to [05](05_aggregate.ipynb).
#
# Some messages never change: a sale, a click, a measurement. To sum those, nobody needs a table of what was
# there before. So we leave the first stage out, and let Map read the stream itself.

# %%
from workshop.notebook import start

ws = start("07")

# %% [markdown]
# ## One stage less
#
# ```mermaid
# flowchart LR
#   P[producer] --> K[(stream)] --> M(MapLambda) --> RT[(ReduceTable)] --> R(ReduceLambda) -->
#   AT[(AggregateTable)]
# ```
#
# There is no StateLambda and no StateTable. MapLambda gets the messages, sums a whole batch, and writes one
# row; what comes after it, you know. It is a stack of its own beside yours: `ws.stateless` is its `ws`.

# %%
ws.stateless.deploy()

# %% [markdown]
# The last stage is what you built in notebook 05, so here it is ready made: the right to read one stream, and
# the mapping.

# %%
import json

rows = ws.stateless.stream_arn("ReduceTable")
read = [f"dynamodb:{call}" for call in ("DescribeStream", "GetRecords", "GetShardIterator")]
pairs = [(read, rows), (["dynamodb:ListStreams"], "*")]
statements = [{"Effect": "Allow", "Action": calls, "Resource": arn} for calls, arn in pairs]
policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
role = ws.stateless.aws.role_name("ReduceLambda")
done = ws.client("iam").put_role_policy(RoleName=role, PolicyName="ReadRows", PolicyDocument=policy)

# %%
settings = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 1000, "MaximumBatchingWindowInSeconds": 1}
ws.stateless.connect("ReduceLambda", EventSourceArn=rows, **settings)

# %% [markdown]
# On AWS a new policy takes some seconds to have effect; if the cell above is refused, run it again.
#
# ## Exercise: connect MapLambda to the stream itself
#
# Nothing that is in the stream may be missed. Take small batches to begin with: up to 100 messages, and one
# second of waiting for them.

# %% tags=["exercise:stateless-connect"]
### BEGIN SOLUTION
ws.stateless.connect(
    "MapLambda",
    EventSourceArn=ws.stateless.stream_arn("IncomingDataStream"),
    StartingPosition="TRIM_HORIZON",
    BatchSize=100,
    MaximumBatchingWindowInSeconds=1,
)
### END SOLUTION

# %%
ws.check("stateless-connect")

# %% [markdown]
# ## How many rows?

# %%
ws.predict("rows-of-small-batches")

# %%
ws.stateless.clear()
ws.stateless.send(3_000)
ws.stateless.rest()
small = len(ws.stateless.tables.items("ReduceTable"))
print(f"{small} rows in ReduceTable")

# %%
ws.reveal("rows-of-small-batches")

# %% [markdown]
# Every row is a write, an invocation, and later on an addition to all the totals that it touches. Here nobody
# asks which trade is which, so nothing speaks against much larger batches.
#
# ## Exercise: fewer rows
#
# Let a batch hold up to 5,000 messages. A batch that size does not come by itself: let Lambda wait two
# seconds for it.
#
# (Why not 10,000, Lambda's limit? An invocation carries 6 MB, and as part of an event each message takes
# about 850 bytes.)

# %% tags=["exercise:stateless-batch-size"]
### BEGIN SOLUTION
ws.stateless.connect(
    "MapLambda",
    EventSourceArn=ws.stateless.stream_arn("IncomingDataStream"),
    StartingPosition="TRIM_HORIZON",
    BatchSize=5_000,
    MaximumBatchingWindowInSeconds=2,
)
### END SOLUTION

# %%
ws.check("stateless-batch-size")

# %%
ws.predict("rows-of-large-batches")

# %% [markdown]
# Watch this load test in the control room: how large the batches become, and what waits meanwhile.

# %%
before = len(ws.stateless.tables.items("ReduceTable"))
room = ws.stateless.control_room(messages=3_000, rate=1_500, autostart=True)

# %%
room.wait()
print(f"{len(ws.stateless.tables.items('ReduceTable')) - before} rows this time; it was {small}")

# %%
ws.reveal("rows-of-large-batches")

# %% [markdown]
# And the totals are right, to the cent, for 6,000 messages:

# %%
ws.stateless.compare()

# %% [markdown]
# ## Why one ReduceLambda is enough
#
# Suppose that 100 MapLambdas are at work at any moment, each with 500 messages, for one second each. (Lambda
# runs one for each shard, or up to ten if the mapping's `ParallelizationFactor` says so.)

# %%
functions, messages, seconds = 100, 500, 1.0
print(f"{functions * messages / seconds:,.0f} messages a second become {functions / seconds:,.0f} rows a second")

# %% [markdown]
# Those rows are all that the single ReduceLambda has to add up, in one transaction for up to 1,000 of them.
# What grows with the load is the first stage, and there as many functions as you like can work side by side.

# %% [markdown]
# ## Fewer records
#
# Each record takes a place in a call of the producer and in an event of MapLambda, and AWS charges at least
# one *payload unit* of 25 KB for it. A message has about 250 bytes. So let a record hold many messages, one on
# each line (*JSON Lines*). `pack="auto"` lets a record grow until a payload unit is full:

# %%
ws.stateless.clear()
ws.stateless.send(3_000, pack="auto")
ws.stateless.compare()

# %% [markdown]
# Each message counts as before, since MapLambda splits the records first: look for `unpack` in
# `lambdas/common/records.py`. But a record goes to one shard, and all messages of a trade have to go there. So
# the producer deals the trades into 256 *buckets*; a record holds messages of one bucket, and its partition key
# is the bucket. That made 256 records of the 3,000; with more messages at once, records get fuller. What was
# said of batches holds for a packed record, too: its messages come, and come again, together. Notebook 12 says
# what that saves.

# %% [markdown]
# ## How fast is it here?
#
# First all at once, waiting included; then some seconds at four fifths of that rate:

# %%
import time

ws.stateless.clear()
began = time.monotonic()
ws.stateless.send(3_000)
ws.stateless.rest()
speed = 3_000 / (time.monotonic() - began)
room = ws.stateless.control_room(messages=round(4 * speed), rate=round(0.8 * speed), autostart=True)

# %%
room.wait()
print(f"{speed:,.0f} messages a second, waiting included, {0.8 * speed:,.0f} in the control room")
print(ws.stateless.rest().latency.summary())

# %% [markdown]
# **Where the time goes.** Most of a message's latency is waiting for its batch to fill: Map waits two seconds,
# Reduce one. In a long run, packed, a message took 37 µs of processor: 17 in the producer, 5 in the cloud, 15
# in the functions ([docs/speed.md](../docs/speed.md)).
#
# On AWS functions run side by side, so shards set the speed. What takes time there is waiting again: for the
# window, and for Lambda, which asks an idle shard once a second.

# %% [markdown]
# ## What it cannot do
#
# The messages so far were all different trades. Now some trades change, and some messages come twice.

# %%
ws.predict("stateless-changes")

# %%
ws.stateless.clear()
room = ws.stateless.control_room(messages=1_000, rate=250, duplicates=10, modify=10, autostart=True)

# %%
room.wait()
found = ws.stateless.rest().totals.get("Grand Total", 0)
wanted = ws.messages.truth(ws.stateless.messages.sent()).totals["Grand Total"]
print(f"Grand Total {found:,.2f}; the desk expects {wanted:,.2f}")

# %%
ws.reveal("stateless-changes")

# %% [markdown]
# **What just happened?** For the meter all is exact: every message was added, and no more is promised. But 100
# came twice and were added twice, and 100 trades count with their old value and their new one. The pipeline
# has two limitations:
#
# 1. **It keeps no state.** Nobody remembers what a trade was worth, so nobody can change it.
# 2. **It does not know a message again.** A producer that gets no answer sends once more, and the copy has a
#    place of its own in the stream.
#
# Both need a memory for each trade. That is what StateTable is for, and each message costs a write or two:
# notebook 12 works out what that means in money.

# %%
ws.quiz("which-pipeline")

# %% [markdown] tags=["instructor-note"]
# **For instructors:** Ask who would have thought of leaving a stage out. A frequent slip in
# `stateless-batch-size` is a second `connect` without the window: the batch size alone changes little. The
# number to remember is not the rows but what the last experiment gets wrong, so keep five minutes for it.

# %% [markdown]
# ## What it can know again: a batch
#
# Lambda repeats, too. If MapLambda has written its row and dies before it answers, the same *batch* comes
# again. Let us make that happen: in each of its processes, MapLambda crashes after its first write. (Notebook
# 08 has more of such faults.)

# %%
ws.stateless.clear()
ws.stateless.live.faults('{"rates": {"crash_after@map": 1}, "limit": 1, "seed": 1}')
ws.stateless.send(500, seed=9)
ws.stateless.compare()

# %%
ws.stateless.live.faults(clear=True)
ws.stateless.table("ReduceTable")

# %% [markdown]
# Add up `MessageCount`: more messages than you sent, unless your guard is there already. A batch that came
# again got another row, since its key, `MessageHash`, was random.
#
# ## Exercise: a hash that names each batch
#
# Open `lambdas/stateless/map.py` and find `store`. `batch_hash(event)` is the *SHA-256* of all records: 64
# characters that are the same only if all of them are. Pass it to `rows_of` as `key=…`.
#
# And let `put` write only what is new: its `condition=` is text, `attribute_not_exists(#…)` with the name of
# the key. DynamoDB looks and writes in one step, a *conditional write*. `write` returns None if it wrote,
# else the row that stood in the way: count that as `repeated`. Save, then run:

# %%
ws.stateless.deploy()

# %%
ws.check("stateless-batch-guard")

# %% [markdown]
# The same messages, and the same crashes:

# %%
ws.stateless.clear()
ws.stateless.live.faults('{"rates": {"crash_after@map": 1}, "limit": 1, "seed": 2}')
ws.stateless.send(500, seed=9)
ws.stateless.compare()

# %%
ws.stateless.live.faults(clear=True)
ws.stateless.table("ReduceTable")

# %% [markdown] tags=["instructor-note"]
# **For instructors:** Somebody will ask whether the guard does away with the second limitation. Let them send
# the same 500 messages again: another batch, another hash, and twice the totals.

# %% [markdown]
# With the guard, each row is written once, under the hash of its batch, and the totals are exact although
# MapLambda crashed. It does not help against the two limitations: a message that is sent twice comes in
# another batch.
#
# ## What you have seen
#
# - Without a state there is one stage less, a batch can hold thousands of messages, and few rows remain.
# - Every message counts, once for each time it is in the stream.
# - A hash as the key, and a conditional write, let a batch count once, however often it is delivered.
# - Changes and repetitions of single messages need a memory per trade.
#
# **Questions to consider.** A sensor sends one value per minute and never twice. Which pipeline? What if a
# producer gets no answer to a call: was its message stored?
#
# **Read more:** [Using Lambda with
# Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html)
#
# **Next:** [08: break it](08_break_it.ipynb).
