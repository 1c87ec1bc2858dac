# ruff: noqa: D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Stage 1: state
#
# - **Goal:** connect the first function to the stream, watch it work, and find its weak spot.
# - **Time:** 12 minutes.
# - **You need:** streams, shards and keys, from [02](02_stream.ipynb).
#
# The stream holds messages, version after version. The desk asks about trades: what is each of them worth
# *now*? The first stage turns one into the other.

# %%
from workshop.notebook import start

ws = start("03")

# %% [markdown]
# ## The function
#
# StateLambda is a *Lambda function*: a piece of Python that AWS runs when there is something to do, and not
# at all otherwise. There is no server to look after. Whenever it is called, its *handler* gets an *event*, a
# dict that says what has happened.
#
# The file is `lambdas/stateful/state.py`; open it beside this notebook. Its heart is `keep`:

# %%
source = (ws.root / "lambdas" / "stateful" / "state.py").read_text(encoding="utf-8")
print(source[source.index("def keep") :])

# %% [markdown]
# In words: make an item from the trade, and write it to StateTable under its *key*, the TradeID. An item with
# the same key is overwritten.

# %% [markdown]
# ## Somebody has to carry the records
#
# We empty the tables (what you put into the stream in notebook 02 stays there), and send six messages.

# %%
ws.clear()
ws.send(6)
ws.table("StateTable")

# %% [markdown]
# Nothing arrives, as the quiz of notebook 01 suggested. What is missing is an *event source mapping*: a
# resource that says "read this stream, and call this function with what you find". AWS does the rest: it
# reads each shard in order, gathers records into a *batch*, calls the function, and goes on only when the
# function has succeeded. One such call is an *invocation*.
#
# ```mermaid
# flowchart LR
#     S[(stream)] -- records --> E{{event source mapping}} -- "a batch" --> A(StateLambda) --> T[(StateTable)]
# ```

# %%
ws.predict("sent-before-connecting")

# %% [markdown]
# ## Exercise: connect StateLambda
#
# `ws.connect("StateLambda", …)` makes the mapping; it is AWS's call
# [create_event_source_mapping](https://docs.aws.amazon.com/boto3/latest/reference/services/lambda/client/create_event_source_mapping.html)
# with the name of the function filled in. Give it
#
# - `EventSourceArn`: what to read. An *ARN* is the full address of a resource;
#   `ws.stream_arn("IncomingDataStream")` knows the stream's.
# - `StartingPosition`: where to begin. The six messages are in the stream already, and must not be missed.
# - `BatchSize`: up to 100 records at a time.
# - `MaximumBatchingWindowInSeconds=1`: wait up to a second for a batch to fill.

# %% tags=["exercise:connect-state"]
### BEGIN SOLUTION
ws.connect(
    "StateLambda",
    EventSourceArn=ws.stream_arn("IncomingDataStream"),
    StartingPosition="TRIM_HORIZON",
    BatchSize=100,
    MaximumBatchingWindowInSeconds=1,
)
### STARTER
# # your code here
### END SOLUTION

# %%
ws.check("connect-state")

# %%
ws.rest()
ws.table("StateTable")

# %%
ws.reveal("sent-before-connecting")

# %% [markdown]
# From the oldest record on means: everything that the stream still holds, including what you put into it by
# hand in notebook 02. From now on, new messages reach StateTable within a second or two.

# %% [markdown]
# ## A thousand messages, batch by batch

# %%
ws.predict("invocations")

# %%
ws.clear()
ws.send(1_000, seed=3)
ws.rest()
ws.picture()

# %% [markdown]
# Each invocation writes a line into its log. It says how many records came, and what became of them.

# %%
import time

log = {"logGroupName": f"/aws/lambda/{ws.outputs['StateLambdaName']}", "filterPattern": '"records"'}
a_minute_ago = int(time.time() - 60) * 1000
for event in ws.client("logs").filter_log_events(startTime=a_minute_ago, **log)["events"][-12:]:
    print(event["message"].strip()[:100])

# %% [markdown]
# Lambda has invoked the function a dozen times or so, each time with up to 100 records of one shard. You pay
# for these invocations; larger batches mean fewer of them, and a longer wait for the first message in each.

# %% [markdown]
# ## The table for pandas
#
# What is each desk worth, and with how many trades? `ws.frame` gives you a table as a DataFrame of pandas,
# its numbers as exact Decimals, and the question is one line:

# %%
ws.frame("StateTable").groupby("TradeDesk")["Value"].agg(["sum", "count"])

# %% [markdown]
# That reads the whole table each time. The next two stages keep such sums up to date with every change.
#
# ## What if a message comes twice, or late?
#
# So far everything came once and in order. Now let one trade arrive the way trades do in real life.

# %%
first = ws.messages.new("moody", "100.00", version=1)
second = ws.messages.new("moody", "75.00", version=2)

ws.send([second])
ws.rest()
ws.table("StateTable", where={"TradeID": "moody"})

# %%
ws.predict("duplicate-and-older")

# %%
ws.send([second])
ws.send([first])
ws.rest()
ws.table("StateTable", where={"TradeID": "moody"})

# %%
ws.reveal("duplicate-and-older")

# %% [markdown] tags=["instructor-note"]
# **For instructors:** The late message is the hook for notebooks 08 and 09: do not repair it here.
# Somebody will ask about two invocations at once; with one batch per shard and the TradeID as key there are
# none for one trade.

# %% [markdown]
# **What just happened?** The duplicate did no harm: writing the same thing twice is like writing it once. The
# late message did. `keep` cannot tell an old version from a new one, because it never looks. You repair it in
# notebook 09, with one line. Until then, let us send in order.
#
# ## What you have seen
#
# - An event source mapping reads a stream for a function, and calls it with batches, shard by shard, in
#   order.
# - The starting position decides about the past; batch size and window decide how often the function runs.
# - StateTable holds one item per trade. The naive function keeps whatever came last.
#
# **Questions to consider.** Why is it enough to look at the version of *this* trade to see that a message is
# late? Could two invocations work on the same trade at the same time, with the keys that you chose in
# notebook 02?
#
# **Read more:** [How Lambda processes records from
# Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html)
#
# **Next:** [04: stage 2, map](04_map_and_reduce.ipynb).
