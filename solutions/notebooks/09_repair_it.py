# ruff: noqa: D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Repair it
#
# - **Goal:** three guards, one per stage, so that the accidents of notebook 08 have no effect any more.
# - **Time:** 30 minutes.
# - **You need:** [08](08_break_it.ipynb), and the files in `lambdas/` open beside this notebook. Should your
#   MapLambda not subtract old values yet ([04](04_map_and_reduce.ipynb)), `workshop catch-up 09` helps.
#
# We cannot keep messages from arriving twice. We can make sure that the second time makes no difference. A
# step that may be repeated without further effect is called *idempotent*, and making all three stages
# idempotent is the whole art.

# %%
from workshop.notebook import start

ws = start("09")

# %%
ws.clear()
ws.deploy()

# %% [markdown]
# ## Stage 1: a condition on the write
#
# StateTable must keep the newest version of each trade, in whatever order the versions come.

# %%
ws.predict("read-then-write")

# %%
ws.reveal("read-then-write")

# %% [markdown]
# DynamoDB compares and writes in one step, if we ask it to: a *conditional write* has an expression that must
# hold for the item as it is at that very moment, or nothing is written.
#
# ## Exercise: the newest version stands
#
# Open `lambdas/stateful/state.py` and find `keep`. Give `update(…)` a `condition`: it is text, in which
# `#Version` is the attribute of the item in the table, and `:Version` the one that you are about to write.
# There may be no such item yet; `attribute_not_exists(#TradeID)` holds then.
#
# `write` returns None if the write happened, and the item that stood in the way if the condition did not
# hold. Let `keep` tell its caller which of the two it was. Save, then run:

# %%
ws.deploy()

# %%
ws.check("state-conditional-write")

# %% [markdown]
# Is that enough for the trade of notebook 08 whose versions arrived in the wrong order?

# %%
from dataclasses import replace

[first] = ws.send(1, seed=31).messages
second = replace(first, version=2, value=first.value + 10)
ws.send([second])
ws.rest()
ws.send([first])
ws.compare()

# %% [markdown]
# ## Stage 2: a name for each batch
#
# Map adds, and adding twice is wrong. So, as in notebook 07, each row gets a key that follows from the batch:
# a *hash* of its records, the same whenever they are the same. A batch that comes again finds its row.
#
# ## Exercise: one row for each batch
#
# Open `lambdas/stateful/map.py` and find `store`. `batch_hash(event)` returns the hash. `rows_of` takes it as
# `key=…`, so that a batch's rows have the same names each time. `put` takes a `condition`: a row is written
# only if there is none of that name. The key attribute is `MessageHash`.
#
# Count rows that were already there as `repeated`: `write` returns what stood in the way.

# %%
ws.deploy()

# %%
ws.check("map-batch-guard")

# %% [markdown]
# The poller of notebook 08 again, with a batch that comes twice, and once more when the mapping goes on:

# %%
ws.predict("same-batch-again")

# %%
before = len(ws.tables.items("ReduceTable"))
with ws.lab.poller("MapLambda") as poller:
    ws.send(10, seed=32)
    batch = poller.fetch(at_least=10)
    print(poller.deliver(batch))
    print(poller.deliver(batch))
ws.rest()
print("New rows:", len(ws.tables.items("ReduceTable")) - before, "(three mean that the guard is not deployed yet)")

# %%
ws.reveal("same-batch-again")

# %%
ws.compare()

# %% [markdown]
# ## Stage 3: a token for each transaction
#
# ReduceLambda adds to many totals in one transaction: all additions happen, or none. A total has no name
# that could be taken already, so a condition does not help. But DynamoDB lets us give a transaction a name of
# its own, the *ClientRequestToken*. A second transaction with the same token succeeds, and does nothing.

# %%
ws.quiz("token-lifetime")

# %% [markdown]
# ## Exercise: a token that tells batches apart
#
# Open `lambdas/stateful/reduce.py` and find `token_of`. It gets the event, and the `number` of the
# transaction: a batch with very many totals needs several, and each must have a token of its own. A token
# has 36 characters at most, and a hash has 64.
#
# The same batch must give the same tokens, whenever and wherever it is processed.

# %%
ws.deploy()

# %%
ws.check("reduce-request-token")

# %%
with ws.lab.poller("ReduceLambda") as poller:
    ws.send(1, seed=33)
    rows = poller.fetch()
    print(poller.deliver(rows))
    print(poller.deliver(rows))
ws.compare()

# %% [markdown]
# Both times ReduceLambda made its commit. If your token is deployed, DynamoDB recognised the second one by it,
# and added nothing.
#
# ## All of it, live
#
# The faults of notebook 08, number for number.

# %%
faults = ["crash_after@map=0.3", "crash_after@reduce=0.3"]
load = {"messages": 1_000, "rate": 250, "duplicates": 5, "modify": 5, "out_of_order": 50}
room = ws.control_room(**load, faults=faults, autostart=True)

# %%
room.wait(10)
ws.live.faults(clear=True)
room.wait()
ws.diagnose()

# %% [markdown] tags=["instructor-note"]
# **For instructors:** Frequent slips: a condition without `attribute_not_exists`, so that the first version
# is refused; a token longer than 36 characters; one token for all transactions of a batch. Anyone who passes
# all three early may try to break the second guard before notebook 10 shows how.

# %% [markdown]
# If all three checks are green, every total is exact, in spite of all that. This is the design that you find
# in textbooks and in a well known article, and many pipelines in the world run on it.
#
# So a round of the game must be easy now. It empties the pipeline before and after:

# %%
ws.play(rounds=1)

# %% [markdown]
# Offline it brings no points: level two has something in store that crashes alone do not do, *batches that
# come back in another cut*. The next notebook is about that. (On AWS nobody cuts them on purpose; the round may be exact there.)
#
# ## What you have seen
#
# | stage | guard | what it recognises |
# |---|---|---|
# | state | condition on the version | a trade's version |
# | map | hash of the batch as key | a batch |
# | reduce | hash of the batch as token | a batch, for ten minutes |
#
# **Questions to consider.** Two of the guards know *batches*. Who decides what a batch is? When could the
# same records come in another one? And what happens after ten minutes?
#
# **Read more:** [Condition
# expressions](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html)
# and [transactions](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html)
#
# **Next:** [10: break the repair, and the ledger](10_the_ledger.ipynb).
