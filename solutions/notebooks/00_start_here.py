# ruff: noqa: B018, D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Start here
#
# - **Goal:** follow one trade by hand through the whole pipeline.
# - **Time:** 10 minutes.
# - **You need:** some Python. No AWS account, no knowledge of AWS.
#
# Welcome to the risk desk of a bank. Traders make *trades*, and each carries a *risk*: money that moves when
# the markets move. How much in total? In Europe? On options only? Trades change thousands of times a second,
# and a total that is off by a cent is wrong. ([Why a bank needs this](../docs/why.md).)
#
# You build the machine that answers. You connect it, break it, and repair it until nothing can break it.
#
# Click into a cell and press Shift-Enter, top to bottom. Files and progress are saved.

# %%
from workshop.notebook import start

ws = start("00")

# %% [markdown]
# ## Which cloud is this?
#
# **The offline cloud.** It is a program on your own machine that answers as AWS, Amazon's cloud, does: the
# same templates, the same functions, the same calls. It costs nothing, needs no account and no internet, and
# is what we recommend.
#
# **Your own AWS account.** Templates and functions are the same there, and the commands of the terminal take
# `--cloud aws`. Notebooks 00 to 06 and 99 go there, too, if `WORKSHOP_CLOUD=aws` is set before JupyterLab
# starts; run `workshop doctor --cloud aws` first. Nobody has tried that with a real account yet, and there
# it costs money. The header above always says where you are.
#
# Is your machine ready? The next cell looks.

# %%
ws.doctor()

# %% [markdown]
# ## The finished pipeline
#
# This is the machine: a chain of simple stages. Each does one thing and passes its result on.
#
# ```mermaid
# %%{init: {"flowchart": {"rankSpacing": 22, "padding": 8}}}%%
# flowchart LR
#     P[producer] --> S[(stream)] --> A(StateLambda) --> T[(StateTable)] --> M(MapLambda)
#     M --> R[(ReduceTable)] --> D(ReduceLambda) --> G[(AggregateTable)]
# ```
#
# The *pipeline* takes messages in on the left, where the stream holds them until a function is free. A
# *function* (its name ends in Lambda) is a piece of Python that runs when there is work for it. A *table*
# stores a function's results. The totals are on the right.
#
# The next cell sets up a finished one, `tour`, for this notebook only. How that works is the subject of
# notebook 01.

# %%
tour = ws.tour
tour.deploy()
tour.clear()
tour.picture()

# %% [markdown]
# ## One trade, one message
#
# A *message* describes one version of one trade. It looks like this:
#
# ```json
# {"TradeID": "my-first-trade", "Value": 100.00, "Version": 1, "Timestamp": 1790000000.0,
#  "Hierarchy": {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}}
# ```
#
# - `Value` is the risk, in dollars.
# - `Version` goes up each time the trade changes; a message without one is version 0.
# - `Timestamp` is the time of sending, in seconds; without one, the time of arrival counts.
# - `Hierarchy` says where the trade belongs: the kind of risk (`PV`, the present value, or `Delta`, how it
#   moves with the market), the desk, the region. The *hierarchy* is the tree that totals are grouped by.

# %%
ws.predict("rows-for-one-trade")

# %% [markdown]
# ## Exercise: send a trade of your own
#
# Fill in the message: trade `my-first-trade`, value 100.00, version 1, risk type PV, desk FXSpot, region
# EMEA; `time.time()` is the time now. The last lines empty the pipeline, so that you can try as often as you
# like, and put your message into the stream.
#
# Every exercise works like this one. `ws.check` looks at what your answer has *done*, as often as you like.
# If you are stuck, `ws.hint("first-trade")` asks the right question, then points, then shows nearly the code.
# `ws.solution("first-trade")` shows all of it.

# %% tags=["exercise:first-trade"]
import json
import time

### BEGIN SOLUTION
place = {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}
trade = {
    "TradeID": "my-first-trade",
    "Value": 100.00,
    "Version": 1,
    "Timestamp": time.time(),
    "Hierarchy": place,
}
### STARTER
# trade = {}  # your code here
### END SOLUTION
if trade:
    ws.tour.clear()
    stream = ws.tour.outputs["StreamName"]
    ws.client("kinesis").put_record(StreamName=stream, PartitionKey="my-first-trade", Data=json.dumps(trade))

# %%
ws.check("first-trade")

# %% [markdown]
# ## Where is it now?
#
# Every stage has kept something of it. Follow your trade from left to right.

# %%
tour.tables.follow("my-first-trade")

# %% [markdown]
# Now the same, table by table. *StateTable* keeps the newest version of every trade.

# %%
tour.table("StateTable")

# %% [markdown]
# *ReduceTable* keeps differences: what has to be added to which total. Your trade is the first one, so the
# difference is the whole value. Look at `Deltas`; the other columns are the pipeline's bookkeeping.

# %%
tour.table("ReduceTable")

# %% [markdown]
# *AggregateTable* keeps the totals: one for each group at each level of the hierarchy, and the Grand Total
# over all of them. Names of a group are joined by `:`, so that `PV:FXSpot:EMEA` lies below `PV:FXSpot`, and
# that below `PV`.

# %%
tour.totals()

# %%
ws.reveal("rows-for-one-trade", len(tour.rest().live_totals) or None)

# %% [markdown]
# ## The trade changes
#
# Half a minute later the market has moved, and your trade has only 75.00 at risk. Its desk sends version 2.

# %%
ws.predict("second-version")

# %%
place = {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"}
second = ws.messages.new("my-first-trade", "75.00", version=2, hierarchy=place)
tour.send([second])
tour.rest()
tour.table("ReduceTable")

# %%
ws.reveal("second-version")
tour.totals()

# %% [markdown]
# ## The same message again
#
# Networks fail, and a sender that gets no reply retries. So the same message can arrive twice: a
# *duplicate*. Send version 2 once more, and watch what changes.

# %%
tour.send([second])
tour.rest()
tour.totals()

# %% [markdown]
# Nothing. This pipeline counts each version once, however often it comes. That sounds easy; in notebooks 08
# to 10 you find out why it is not.

# %% [markdown]
# ## Two thousand messages
#
# The *producer* of this workshop makes up trades and sends them. Of the next 2,000 messages 200 are
# duplicates, 60 are newer versions, and half of these arrive before the version they replace.

# %%
ws.predict("how-many-trades")

# %% [markdown]
# Start the moving picture, and run the next cell at once.

# %%
tour.clear()
tour.picture(live=True, seconds=20)

# %%
tour.send(2_000, duplicates=10, modify=3, out_of_order=50)
tour.rest()
counts = tour.messages.counts()
counts

# %%
ws.reveal("how-many-trades", counts.distinct_trades)

# %% [markdown]
# ## Are the totals right?
#
# We can know. The messages alone say what the totals must be: the newest version of each trade counts, once.
# We call that the *truth*, compute it with independent code, and compare every total with it.

# %%
tour.compare()

# %%
tour.totals("sunburst")

# %% [markdown] tags=["instructor-note"]
# **For instructors:** Latecomers need only this notebook to follow the talk. On AWS deploy the tour for all
# before the class begins: it takes two minutes. The most common slip in `first-trade` is a number in
# quotation marks; the feedback quotes the pipeline's own reason. Five minutes can be saved by leaving out
# "Two thousand messages".

# %% [markdown]
# ## What you have seen
#
# - Messages go into a stream; three functions work on them, one after the other; tables stand between them.
# - State keeps the newest version of each trade, Map computes differences, Reduce adds them to the totals.
# - Duplicates and late messages did no harm, and we could prove it.
#
# **Questions to consider.** Why are there three functions and not one? Which of the three would notice first
# that a message came twice? What would the second version have done to the totals if ReduceTable held values
# instead of differences?
#
# **Next:** [01: deploy a pipeline of your own](01_deploy.ipynb). The finished one stays where it is until
# notebook 99.
