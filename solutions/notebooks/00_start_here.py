# ruff: noqa: B018, D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Start here
#
# - **Goal:** see the whole pipeline work once, from messages to totals, before we look inside.
# - **Time:** 10 minutes.
# - **You need:** some Python. No AWS account, and no knowledge of AWS.
#
# A bank makes trades all day, and each trade carries a *risk*: an amount of money that could be lost. The
# people on the desk want to know the total, now, for every kind of risk and every region. In this workshop we
# build the machine that keeps those totals right, to the cent, while thousands of messages a second arrive,
# some of them twice and some in the wrong order.
#
# Run each cell with Shift-Enter, from top to bottom.

# %% [markdown]
# ## Where does this run?
#
# Everything you meet is the real thing: the same templates, functions and calls as on AWS. They run on the
# *offline cloud*, a program on your own machine that answers like AWS. It costs nothing, and it knows nobody
# else. The next cell looks for it, and starts it if it is not there.

# %%
from workshop.cloud import background
from workshop.cloud.connection import connect
from workshop.errors import CloudNotRunningError

try:
    cloud = connect()
except CloudNotRunningError:
    background.start()
    cloud = connect()
print(cloud.badge)

# %% [markdown]
# ## One message
#
# A *message* tells one version of one trade: its id, the value of its risk, a version number, the time, and
# its place in the *hierarchy*: what kind of risk, which desk, which region.
#
# The *producer* makes up such messages. Of the 2,000 below every tenth is sent twice, some trades change
# later on, and half of the changes overtake the version that they replace. Real systems do all of that.

# %%
from workshop.pipeline.messages import PlanOptions, make_plan

options = PlanOptions(messages=2_000, seed=7, duplicates=10, modify=3, out_of_order=50)
plan = make_plan(options)
plan.entries[0].message

# %% [markdown]
# ## What must come out?
#
# Since we make the messages, we can work out the right totals beforehand, from the messages alone: the newest
# version of each trade counts, once. We call this the *truth*, and hold everything against it.
#
# Before you run the cell: with 2,000 messages, of which 200 are duplicates and 60 are changes, how many
# trades are there?

# %%
from workshop.pipeline.truth import count_messages, stateful_truth

truth = stateful_truth(plan.messages)
count_messages(plan.messages)

# %% [markdown]
# ## Deploy the pipeline
#
# The pipeline is a *stack*: a set of resources that AWS CloudFormation creates from one template. Ours has a
# stream that takes the messages in, three functions that work on them one after the other, and tables between
# them. Here we use the finished solution; in the notebooks that follow you build it yourself.

# %%
from workshop.deploy.stacks import deploy

deployment = deploy(cloud, "stateful", stack="start-here")
print(f"deployed in {deployment.seconds:.0f} seconds")
deployment.outputs

# %% [markdown]
# ## Send the messages
#
# The producer puts them into the stream. If the stream refuses some of them because it is busy, only those
# are sent again; in the end every message is accounted for.

# %%
from workshop.pipeline.producer import produce

sent = produce(cloud.client("kinesis"), deployment.outputs["StreamName"], plan.entries)
print(f"{len(sent.accepted):,} sent, {len(sent.refused)} refused, {sent.messages_per_second:,.0f} a second")

# %% [markdown]
# ## Wait for the totals
#
# The messages are on their way now. They pass three functions, and each of them takes what has arrived in
# *batches*. The next cell reads the totals once a second, until they are right and stay so.

# %%
from workshop.clock import SystemClock
from workshop.pipeline.aggregates import take_snapshot
from workshop.pipeline.settle import wait_until_settled

table = deployment.outputs["AggregateTableName"]
settled = wait_until_settled(
    lambda: take_snapshot(cloud.client("dynamodb"), table), truth, clock=SystemClock()
)
totals = settled.snapshot.live_totals

# %% [markdown]
# ## Look at them
#
# One row for every path at every level: `PV:FXSpot` is the total of all trades with the risk type PV on the
# desk FXSpot, in whatever region.

# %%
import pandas as pd

from workshop.pipeline.front_end import tree_rows
from workshop.pipeline.tables import format_amount

rows = [("    " * row.depth + row.name, format_amount(row.total, grouped=True)) for row in tree_rows(totals)]
styled = pd.DataFrame(rows, columns=["Risk", "Total"]).style.hide(axis="index")
styled.set_properties(**{"white-space": "pre", "text-align": "right"}).set_properties(
    subset="Risk", **{"text-align": "left"}
)

# %% [markdown]
# The same as a picture: the inner ring is the risk type, then the desk, then the region. Click on a part to
# look into it, and on its middle to come back.

# %%
import plotly.graph_objects as go

parts = [row for row in tree_rows(totals) if row.path != "Grand Total"]
picture = go.Sunburst(
    ids=[row.path for row in parts],
    labels=[row.name for row in parts],
    parents=[row.path.rpartition(":")[0] for row in parts],
    values=[float(row.total) for row in parts],  # good enough to draw; sums are never made of floats
    branchvalues="total",
)
go.Figure(picture).update_layout(margin=dict.fromkeys("tblr", 10), paper_bgcolor="rgba(0,0,0,0)")

# %% [markdown]
# ## Is it right?
#
# Not nearly: exactly. Every total has to equal the truth to the cent, and every trade has to be counted once,
# although 200 messages came twice and 30 came too late.

# %%
from workshop.pipeline.comparison import compare

verdict = compare(settled.snapshot, truth)
print("Exact." if verdict.exact else f"Not exact: {len(verdict.differences)} totals are off.")
print(f"{verdict.lost} lost, {verdict.duplicated} counted twice")

# %% [markdown]
# ## Clean up
#
# What is deployed stays until it is deleted, and on AWS it would cost money for as long. So we delete the
# stack; the command also makes sure that nothing is left of it.

# %%
from workshop.deploy.stacks import destroy

destroy(cloud, "start-here")
print("Nothing is left.")

# %% [markdown]
# ## What you have seen
#
# - Messages enter a stream, three functions work on them in batches, and a table holds the totals.
# - Messages came twice and in the wrong order, and the totals were exact all the same.
# - We know that they were, because we know the truth.
#
# **Questions to take along.** What would the totals be if every duplicate counted? If a function crashed in
# the middle of a batch, what would have to be true so that nothing is lost and nothing counts twice?
#
# In a terminal, `workshop demo` does all of this for both pipelines, with 10,000 messages each.
