# ruff: noqa: B018, D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Stage 2: map
#
# - **Goal:** turn changes of trades into few, small numbers that the last stage can add.
# - **Time:** 20 minutes.
# - **You need:** event source mappings and StateTable, from [03](03_state.ipynb).
#
# A million trades are in StateTable, and one of them changes. Adding up all of them again would take minutes.
# So the second stage looks at *changes* only: what has to be added to which total to make it right again?

# %%
from workshop.notebook import start

ws = start("04")

# %% [markdown]
# ## A table that tells what changes
#
# StateTable has a stream of its own: for each item that changes, a record with the item before, the *old
# image*, and after, the *new image*. To see some, we put a bookmark at its end; then a trade arrives and
# changes.

# %%
ws.clear()
changes, arn = ws.client("dynamodbstreams"), ws.stream_arn("StateTable")
shards = changes.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
end = {"StreamArn": arn, "ShardIteratorType": "LATEST"}
bookmarks = [changes.get_shard_iterator(ShardId=shard["ShardId"], **end)["ShardIterator"] for shard in shards]

# %%
ws.send([ws.messages.new("moody", "100.00", version=1)])
ws.rest()
ws.send([ws.messages.new("moody", "75.00", version=2)])
ws.rest()

# %%
for bookmark in bookmarks:
    for record in changes.get_records(ShardIterator=bookmark)["Records"]:
        images = record["dynamodb"]
        old, new = (images.get(name, {}).get("Value") for name in ("OldImage", "NewImage"))
        print(record["eventName"], "old image:", old, "new image:", new)

# %% [markdown]
# An INSERT has a new image only; a MODIFY has both. A write that changes nothing leaves no record at all:
# remember that for notebook 06.

# %% [markdown]
# ## What Map makes of it
#
# MapLambda gets such changes in batches, and does three things with a batch:
#
# 1. For each change it works out the *delta*: what to add to the trade's group, such as `PV:FXSpot:EMEA`.
#    (Not the risk type of that name.) The lowest groups are the *leaves*.
# 2. It sums the deltas of each leaf, and *rolls them up*: the sum of a desk is the sum of its regions, and so
#    on.
# 3. It writes the result as **one row** to ReduceTable.
#
# Rolling up in Python:

# %%
leaves = {"PV:FXSpot:EMEA": 100, "PV:FXSpot:AMER": 20, "PV:FXOptions:EMEA": -5}
sums = {}
for leaf, delta in leaves.items():
    names = leaf.split(":")
    for depth in range(1, len(names) + 1):
        path = ":".join(names[:depth])
        sums[path] = sums.get(path, 0) + delta
sums

# %% [markdown]
# Summing early, before anything is added to the totals, is called *pre-aggregation*. It is why a handful of
# totals can keep up with thousands of messages a second.
#
# ## Exercise: connect MapLambda
#
# It reads the stream of StateTable. Nothing that changed so far must be missed, a batch may hold up to 1,000
# changes, and it may wait one second to fill: the more there is in it, the fewer rows there are.

# %% tags=["exercise:connect-map"]
### BEGIN SOLUTION
ws.connect(
    "MapLambda",
    EventSourceArn=ws.stream_arn("StateTable"),
    StartingPosition="TRIM_HORIZON",
    BatchSize=1000,
    MaximumBatchingWindowInSeconds=1,
)
### STARTER
# # your code here
### END SOLUTION

# %%
ws.check("connect-map")

# %% [markdown]
# ## Five messages, by hand
#
# Small enough to follow with a pencil. All five have the risk type Delta; M1, M3 and M4 come first, M2 and M5
# a moment later, together.
#
# |  | desk | region | value |
# |---|---|---|---:|
# | M1 | FXOptions | AMER | 75.00 |
# | M3 | FXSpot | APAC | 40.50 |
# | M4 | FXOptions | EMEA | 250.25 |
# | **M2** | FXSpot | EMEA | 100.00 |
# | **M5** | FXSpot | AMER | 20.00 |

# %%
ws.predict("row-of-m2-and-m5")

# %%
import time

M = ws.messages.example
ws.clear()
began = int(time.time() * 1000)
ws.send([M["M1"], M["M3"], M["M4"]])
ws.rest()
ws.table("ReduceTable")

# %% [markdown]
# M2 and M5 we send by hand, so that you see the JSON. They have no `Timestamp`: the time of arrival counts.

# %%
m2 = """{"TradeID": "8ec2fdcd", "Value": 100, "Version": 1,
         "Hierarchy": {"RiskType": "Delta", "Region": "EMEA", "TradeDesk": "FXSpot"}}"""
m5 = """{"TradeID": "395974a4", "Value": 20, "Version": 1,
         "Hierarchy": {"RiskType": "Delta", "Region": "AMER", "TradeDesk": "FXSpot"}}"""
records = [{"PartitionKey": "8ec2fdcd", "Data": m2}, {"PartitionKey": "395974a4", "Data": m5}]
done = ws.client("kinesis").put_records(StreamName=ws.outputs["StreamName"], Records=records)
ws.rest()
ws.table("ReduceTable")

# %%
ws.reveal("row-of-m2-and-m5")

# %% [markdown]
# **What just happened?** Two messages became one row with four sums: one for each of the two leaves, one for
# the desk above them, one for the risk type above that.
#
# ```mermaid
# flowchart BT
#     E["Delta:FXSpot:EMEA<br/>100.00 (M2)"] --> S["Delta:FXSpot<br/>120.00"]
#     A["Delta:FXSpot:AMER<br/>20.00 (M5)"] --> S --> D["Delta<br/>120.00"]
# ```
#
# (Had the two come in separate batches, there would be two rows, and the same sum in the end.)

# %% [markdown]
# ## Who did what
#
# The design that AWS published follows M2 and M5, too. It calls the two rows AM1 and AM2, and lets two
# *instances* of each function share the work:
#
# |  | instance #1 | instance #2 |
# |---|---|---|
# | StateLambda | M1, M2 | M3, M4, M5 |
# | MapLambda | M4, M3, M1: row AM1 | M5, M2: row AM2 |
#
# An instance, or *execution environment*, is a process that runs the function; each has a log of its own. How
# many there are, and which one gets which batch, is up to Lambda. In your pipeline:

# %%
for function in ("StateLambda", "MapLambda"):
    log = {"logGroupName": f"/aws/lambda/{ws.outputs[f'{function}Name']}", "startTime": began}
    for event in ws.client("logs").filter_log_events(filterPattern='"records"', **log)["events"]:
        print(function, "instance", event["logStreamName"][-6:], event["message"].strip())

# %% [markdown]
# Whichever instance of State stored M1, AM1 and AM2 are the same: a sum does not depend on the order.
#
# That design also writes `Delta::EMEA::FXSpot` where we write `Delta:FXSpot:EMEA`. One colon is enough, since
# a colon inside a name is written `%3A`; and our levels stand in the order in which they are summed.

# %% [markdown]
# ## M2 changes
#
# The market moves, and M2 is worth 80.00 now.

# %%
ws.predict("change-of-m2")

# %%
from dataclasses import replace
from decimal import Decimal

ws.send([replace(M["M2"], version=2, value=Decimal("80.00"))])
ws.rest()
ws.table("ReduceTable")

# %%
ws.reveal("change-of-m2")

# %% [markdown]
# Compare the newest row with what you expect. The code that you have been given adds 80.00, so that M2 counts
# as 180.00 in total. StateTable is right, and the totals would be wrong.
#
# ## Exercise: subtract what was there before
#
# Open `lambdas/stateful/map.py` beside this notebook and find `difference`. It gets the trade as it was,
# `old`, and as it is, `new`; either can be None. So far it only looks at `new`.
#
# Let it take the old trade away, from the leaf where it counted: `-delta` negates a delta. A trade can move
# to another desk, so `old.path` and `new.path` may differ. Save the file, and run the next cell: it deploys
# the new code.

# %%
ws.deploy()

# %%
ws.check("map-subtract-old")

# %% [markdown]
# Try it in the pipeline: M2 goes up from 80.00 to 90.00. What should the newest row say?

# %%
ws.send([replace(M["M2"], version=3, value=Decimal("90.00"))])
ws.rest()
ws.table("ReduceTable")

# %% [markdown]
# ## How much work is saved?

# %%
ws.predict("rows-for-a-thousand")

# %%
ws.clear()
ws.send(1_000, seed=4)
ws.rest()
rows = ws.tables.items("ReduceTable")
print(f"{len(rows)} rows for {sum(row['MessageCount'] for row in rows):,} changes")

# %%
if rows:
    ws.reveal("rows-for-a-thousand", len(rows))

# %% [markdown]
# And how large were the batches: the smallest, the largest, the mean? As a DataFrame, the table answers that:

# %%
ws.frame("ReduceTable")["MessageCount"].astype(int).describe()

# %% [markdown] tags=["instructor-note"]
# **For instructors:** Let people work out the row of M2 and M5 on paper. Those who skip `map-subtract-old`
# meet it again: the diagnosis in notebook 06 names it.

# %% [markdown]
# Without this stage, each of the 1,000 changes would have to be added to four totals, one after the other,
# since all of them want to change the same `Grand Total`.
#
# ## What you have seen
#
# - A table's stream tells each change with its old and its new image.
# - Map adds the new image and subtracts the old one, sums a whole batch, and writes one row.
# - The next stage has a few rows to add, instead of thousands of changes.
#
# **Questions to consider.** What if MapLambda crashes right after it has written its row, and the batch comes
# again? Why do deltas of two batches give the same totals in either order?
#
# **Read more:** [Change data capture with DynamoDB
# Streams](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html)
#
# **Next:** [05: stage 3, aggregate](05_aggregate.ipynb).
