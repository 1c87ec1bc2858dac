# ruff: noqa: D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Security, cost and limits
#
# - **Goal:** know who may do what, what the pipeline costs at your own load, and when to outgrow it.
# - **Time:** 35 minutes.
# - **You need:** the deployed pipeline; policies are from [05](05_aggregate.ipynb).

# %%
from workshop.notebook import start

ws = start("12")

# %% [markdown]
# ## Who may do what
#
# Three things can go wrong with data: somebody reads it who must not (*confidentiality*), it becomes wrong
# (*integrity*), or it is not there when it is needed (*availability*). We begin with the first.
#
# Each function has a role of its own, and each role allows what its handler calls, and nothing else. That is
# least privilege, as in notebook 05: compromising one role does not expose the others. Here is what the three
# roles may do, from their policies:

# %%
import pandas as pd

rows = []
for function in ("StateLambda", "MapLambda", "ReduceLambda"):
    for statement in ws.aws.statements(function):
        calls = ", ".join(each.partition(":")[2] for each in statement.actions)
        rows.append((function, calls, statement.resources[0].split(":", 5)[-1]))
pd.DataFrame(rows, columns=["role of", "may call", "on"]).set_index("role of")

# %% [markdown]
# Read it as an attacker would. Can ReduceLambda read a trade? Can MapLambda change a total? Is there a line
# with a star, and is there a reason for it?

# %% [markdown]
# ## A role for the producer
#
# So far you sent messages with your own rights, and you may do everything. A producer is a program on
# somebody else's machine. It gets a role: a set of rights that it can *assume* for an hour or so, without any
# password lying about.

# %%
ws.predict("stolen-laptop")

# %%
ws.reveal("stolen-laptop")

# %% [markdown]
# ## Exercise: it may produce, and nothing else
#
# `ws.aws.producer_role` makes a role that people of this account may assume, and that may do nothing. Write
# the policy for it. A producer makes one single call, on one single stream. (`workshop produce` asks
# CloudFormation for the name of that stream as well, so it would need a second right.)

# %% tags=["exercise:producer-policy"]
import json

role = ws.aws.producer_role()
### BEGIN SOLUTION
policy = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "kinesis:PutRecords",
            "Resource": ws.stream_arn("IncomingDataStream"),
        }
    ],
}
done = ws.client("iam").put_role_policy(
    RoleName=role, PolicyName="Producer", PolicyDocument=json.dumps(policy)
)
### END SOLUTION

# %%
ws.check("producer-policy")

# %% [markdown]
# Try it yourself: be the producer, and try to read the totals.

# %%
from botocore.exceptions import ClientError

try:
    ws.aws.client_as_producer("dynamodb").scan(TableName=ws.outputs["AggregateTableName"])
except ClientError as error:
    print(error.response["Error"]["Message"])

# %% [markdown]
# ## Exercise: it may look, and nothing else
#
# The front end is a screen on a wall, and anyone who walks past can touch it. It makes two calls on one
# table: it *scans* AggregateTable, and it *gets* one item of it, to see whether the totals moved meanwhile.
# Write the policy for its role. (`workshop watch` also asks CloudFormation for the table's name.)

# %% tags=["exercise:front-end-policy"]
import json

role = ws.aws.front_end_role()
table = ws.client("dynamodb").describe_table(TableName=ws.outputs["AggregateTableName"])["Table"]
### BEGIN SOLUTION
calls = ["dynamodb:Scan", "dynamodb:GetItem"]
statements = [{"Effect": "Allow", "Action": calls, "Resource": table["TableArn"]}]
policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
done = ws.client("iam").put_role_policy(RoleName=role, PolicyName="FrontEnd", PolicyDocument=policy)
### END SOLUTION

# %%
ws.check("front-end-policy")

# %% [markdown]
# ## What is encrypted
#
# - **On the way:** every call to AWS goes through TLS. (The offline cloud speaks plain HTTP to your own
#   machine.)
# - **At rest:** the stream is encrypted with the key `alias/aws/kinesis`, which AWS manages and keeps for
#   free (its few calls are not); tables and queue with keys that AWS owns. If you must decide who may use the
#   key, or have readers in another account, you take a key of your own, and pay for it.
#
# Encryption does not help against somebody who may read. Rights do.

# %%
summary = ws.client("kinesis").describe_stream_summary(StreamName=ws.outputs["StreamName"])
summary["StreamDescriptionSummary"]["EncryptionType"], summary["StreamDescriptionSummary"]["KeyId"]

# %% [markdown]
# ## Integrity and availability
#
# - **Integrity** begins with the same rights: only Reduce can change a total. The rest is the subject of this
#   course: nothing lost, nothing counted twice, and `workshop reconcile` to prove it.
# - **Availability:** the services are managed by AWS, which keeps your data in several data centres. If a
#   function fails, messages wait, and the alarms on iterator age tell you while there is time. What remains
#   yours: a failing Region, and a producer that stops sending.
#
# ## What it costs
#
# A bill is a sum of products: so many units, each at its price. All prices are in
# `workshop/pipeline/prices.toml`, with source and date; look up today's before you rely on them.

# %%
ws.predict("largest-line")

# %%
bill = ws.costs.bill("stateful", messages_per_second=1_000)
lines = [(line.item, f"{line.usd:,.2f}", line.arithmetic) for line in bill]
pd.DataFrame(lines, columns=["line", "USD a month", "arithmetic"]).set_index("line")

# %%
ws.reveal("largest-line")
print(f"{sum(line.usd for line in bill):,.2f} USD a month, around the clock")

# %% [markdown]
# Lambda reads the streams of our tables free of charge, so that is not on the bill. (A program of your own that
# reads them pays for each read.) Nor is what watching costs: metrics, alarms and a dashboard, some 10 USD a month
# ([docs/watching.md](../docs/watching.md)).
#
# How does the bill grow? Change the numbers, and run the cell again.

# %%
rates = (1, 100, 1_000, 10_000, 50_000)
pipelines = ("stateless", "stateful")
table = {name: [f"{ws.costs.month(name, rate):,.0f}" for rate in rates] for name in pipelines}
pd.DataFrame(table, index=pd.Index([f"{rate:,}" for rate in rates], name="messages a second"))

# %% [markdown]
# **What just happened?** Rows, commits and invocations are paid by the batch, and batches grow with the load.
# Puts are paid by the record, in both pipelines. The stateful one also pays by the trade: that is what
# exactness per *trade* costs. The ledger's few units per batch hardly show beside it.
#
# The solution's StateLambda, whose bill this is, writes 25 trades in a request, by *BatchExecuteStatement*.
# That saves round trips and most of its own time, but no units. What it costs depends on what comes: a new
# trade takes one INSERT. For a trade that is there, INSERT is refused and UPDATE follows, and a refused write
# is paid like any other.

# %%
shares = {"all new": {}, "12.5 % duplicates, 3 % newer versions": {"duplicates": 12.5, "modify": 3}}
shares["nothing but newer versions"] = {"modify": 100}
months = {name: f"{ws.costs.month('stateful', 1_000, **each):,.0f}" for name, each in shares.items()}
pd.Series(months, name="USD a month").rename_axis("1,000 messages a second").to_frame()

# %% [markdown]
# Your own StateLambda makes one UpdateItem for each message, new or not, and so pays for one write. With what
# share of newer versions would you choose which?
#
# A bill does not say whether the pipeline keeps up. Where it does not, and what would help:

# %%
told = {rate: " ".join(map(str, ws.costs.limits("stateful", rate))).replace("`", "") for rate in rates}
limits = {f"{rate:,}": text or "It keeps up." for rate, text in told.items()}
pd.Series(limits, name="stateful").rename_axis("messages a second").to_frame()

# %% [markdown]
# ## A claim, checked
#
# The article that made this design known ran its stateless pipeline in Ohio in 2021:
#
# | published | here |
# |---|---|
# | 50,000 messages/s; 10 million in 200 s | takes AWS; what your machine does is measured below |
# | 3 to 4 s mean latency, one spike of 10 s | measured below as well; on AWS nobody has measured ours yet |
# | less than 3,000 USD a month | computed below, with prices of 2026 |
#
# What does this machine do? At full speed, messages queue up, and so latency is nearly the whole run.

# %%
import time

ws.clear()
began = time.time()
ws.send(2_000, seed=12)
snapshot = ws.rest()
print(f"{2_000 / (time.time() - began):,.0f} messages/s, up to the last total")
print(snapshot.latency.summary())

# %% [markdown]
# And the money? Four designs, one a line:

# %%
on_demand, packed = {"on_demand": True}, {"messages_per_record": 40}
designs = {"50 shards, as our templates are": {}, "on demand instead of shards": on_demand}
designs["shards again, 40 messages in a record"] = packed
designs["and batches that wait for 5 s"] = packed | {"window_seconds": 5}
table = {
    name: [f"{ws.costs.month(name, 50_000, **each):,.2f}" for each in designs.values()] for name in pipelines
}
pd.DataFrame(table, index=pd.Index(designs, name="50,000 messages a second, USD a month"))

# %% [markdown]
# **What just happened?** With our settings the stateless pipeline costs 3,407.00 USD, above the claim. Below
# 3,000 takes full shards, short invocations, fewer commits and no ledger; an on-demand stream costs over
# three times as much.
#
# Puts are 1,839.60 of it. A producer that packs 40 messages into a record pays 45.99 and needs 13 shards, or
# 20, since 256 keys fill them unevenly. Longer waits save most of the rest, for latency: a tuned design costs
# about a ninth. Less memory saves little: half of it is half the processor.
#
# None of this helps the stateful pipeline, whose state is the bill: it would have to live elsewhere, or in
# capacity provisioned for a steady load.
#
# Your own numbers:

# %%
ws.cost_calculator()

# %% [markdown]
# `workshop cost` does the same in a terminal. Not counted: alarms, the storage of StateTable, calls of the
# stream's key (less than a few dollars), free allowances, and the producer's own machine.

# %% [markdown]
# ## What it costs to forget it

# %%
ws.predict("forgotten-stack")

# %%
shards = summary["StreamDescriptionSummary"]["OpenShardCount"]
per_hour = ws.costs.standing(shards)
print(f"{shards} shards: {per_hour:.3f} USD an hour, {per_hour * 24 * 30:.2f} USD in 30 days")

# %%
ws.reveal("forgotten-stack")

# %% [markdown]
# ## Where it ends
#
# | limit | value | what to do |
# |---|---|---|
# | a shard takes in | 1,000 records or 1 MB a second | more shards |
# | a batch | 10,000 records, 6 MB | several batches |
# | a transaction | 100 actions, 4 MB | commit sub-tree by sub-tree, as the ledger does |
# | an item | 400 KB | split a wide row |
# | a request token | ten minutes | the ledger |
# | a table's stream | keeps 24 hours | an alarm on the iterator age |
#
# The first one in numbers, for the rates from above:

# %%
pd.Series({f"{rate:,}": ws.costs.shards(rate) for rate in rates}, name="shards")

# %% [markdown]
# ## Ten and a hundred times the load
#
# Which limit comes first depends on the design. Here are seven, with the durations of the bill. A cross is
# where a design is used up; the table says by what, and what waits after a minute of the given rate, and
# when the newest message is in, invocations apart. Which design would you choose for 4,000 messages a
# second, and for 40,000?

# %%
ws.scaling(4_000)

# %% [markdown]
# **What just happened?** Every commit adds to `Grand Total`, an item that takes 1,000 write units a second,
# and a commit needs two. If each message is a commit, it ends at 500 messages, however many shards there are.
# Ten items for each total (*sharded aggregates*) help only if AggregateTable, with eight units a message, is
# made larger as well. Sums of batches help more: one ReduceLambda is enough. Then come shards, several batches
# of a shard at a time, warm throughput, and quotas; [docs/scale.md](../docs/scale.md) goes through them.
# Designs that end at StateTable take half as many newer versions, of two writes each. Ten times as much:

# %%
ws.scaling(40_000)

# %% [markdown]
# ## When to outgrow it
#
# - **Apache Flink** keeps each trade's newest version in its own memory and disk, and writes a
#   *checkpoint*: the positions in all shards, with the state that they led to. It is the ledger's idea,
#   with the database inside the engine: no write per message, but a cluster that runs all day. Bytewax does
#   so in Python: `solutions/dataflow` runs this course's functions there, with the same totals.
# - **Kafka Streams** does the same in transactions of a Kafka cluster, for programs on the JVM.
# - A table outside of either still needs writes that may be repeated, or a ledger.
#
# Serverless pays off where load comes and goes and teams are small.

# %%
ws.quiz("when-to-outgrow")

# %% [markdown] tags=["instructor-note"]
# **For instructors:** Ask for a guess of the monthly bill before `largest-line`, and write the guesses on the
# board. The usual slip in `producer-policy` is a star in the resource, or `kinesis:PutRecord` for
# `kinesis:PutRecords`. With little time, do the bill and the calculator and leave the limits for home.

# %% [markdown]
# ## What you have seen
#
# - One role for each function, one for the producer, one for the front end; each was refused all the rest.
# - A bill is units times prices; puts are paid by the record, state by the message and what it does, the rest
#   by the batch.
# - Every limit has a place where the pipeline meets it, and an answer.
#
# **Questions to consider.** Which right of which role would you take away next? At which load would you move
# the state out of DynamoDB? Who should be allowed to read QuarantineTable?
#
# **Read more:** [Security best practices in
# IAM](https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
#
# **Next:** [99: clean up](99_clean_up.ipynb).
