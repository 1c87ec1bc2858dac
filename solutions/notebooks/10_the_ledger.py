# ruff: noqa: ANN201, D100, D103 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Break the repair, and the ledger
#
# - **Goal:** see textbook guards fail, and replace them by one that cannot.
# - **Time:** 40 minutes.
# - **You need:** the three guards of [09](09_repair_it.ipynb), at least on paper.
#
# The pipeline is exact, in spite of crashes. We could go home. But two of the guards rest on a promise that
# Lambda never made: *the batch that comes again is the batch that came before.*

# %%
from workshop.notebook import start

ws = start("10")

# %% [markdown]
# For the first part of this notebook we deploy the finished guards of notebook 09, whatever your files hold.

# %%
ws.exercises.deploy_as_of("10")

# %% [markdown]
# ## What Lambda does not promise
#
# It promises that each record comes, at least once, and the first time in order. Nothing is said about
# *batches*. They are cut differently when a mapping is switched off and on, when its batch size is changed,
# when a poller moves to another machine, when a function names the record that failed, and on purpose when a
# mapping *bisects*: it splits a failed batch into halves, to get around the record that may be to blame.

# %%
ws.predict("halves-of-a-batch")

# %% [markdown]
# ## Exercise: show it
#
# You are the poller again. Ten trades are in `batch`, and MapLambda has written their row; suppose that its
# answer was lost. Deliver the records again, so that the guard mistakes them for new ones. Lambda's rules
# apply to you, too: no record is changed, and their order is kept.

# %% tags=["exercise:break-the-guard"]
ws.clear()
with ws.lab.poller("MapLambda") as poller:
    ws.send(10, seed=41)
    batch = poller.fetch(at_least=10)
    print(poller.deliver(batch))
    ### BEGIN SOLUTION
    middle = len(batch) // 2
    print(poller.deliver(batch[:middle]))
    print(poller.deliver(batch[middle:]))
    ### END SOLUTION
ws.rest()

# %%
ws.check("break-the-guard")

# %%
ws.reveal("halves-of-a-batch")

# %%
ws.table("ReduceTable")

# %% [markdown]
# ## The same one stage later
#
# A row that was added comes again, together with a new one.

# %%
ws.predict("rows-in-new-company")

# %%
with ws.lab.poller("ReduceLambda") as poller:
    ws.send(1, seed=42)
    row_a = poller.fetch()
    print(poller.deliver(row_a))  # added; the answer was lost
    ws.send(1, seed=43)
    rows_a_and_b = poller.fetch(at_least=len(row_a) + 1)
    print(poller.deliver(rows_a_and_b))  # so A comes again, and B has arrived meanwhile

# %%
ws.reveal("rows-in-new-company")

# %%
ws.diagnose()

# %% [markdown]
# ## And after ten minutes (offline only)
#
# A token is forgotten after ten minutes. Can a batch come again as late as that? A function that is
# throttled, a table that is out of order, a weekend: yes. The offline cloud has a clock that can be put
# forward.


# %%
def grand_total():
    return ws.tables.snapshot().totals.get("Grand Total", 0)


with ws.lab.poller("ReduceLambda") as poller:
    ws.send(1, seed=44)
    row, before = poller.fetch(), grand_total()
    print(poller.deliver(row), f"and has added {grand_total() - before:,.2f}")
    ws.lab.advance(11 * 60)
    print(poller.deliver(row), f"and has added {grand_total() - before:,.2f} in all")

# %% [markdown]
# ## What to write down, and where
#
# A guard that knows batches is a guess about somebody else's habits. What do we know for certain? Every
# record has a sequence number, and within its shard the numbers only grow. So we need not remember what a
# batch looked like. It is enough to know **how far** each shard has been applied: its *position*.

# %%
ws.predict("where-to-remember")

# %%
ws.reveal("where-to-remember")

# %% [markdown]
# That is the *ledger*: an item per shard in LedgerTable, and one transaction for effect and position.
#
# ```mermaid
# flowchart LR
#   B["batch: records 5, 6, 7"] --> Q{"ledger: position 5"}
#   Q -- "5 was applied" --> X[pass over]
#   Q -- "6 and 7 are new" --> T
#   subgraph T [one transaction]
#     E["write the effect<br/>of 6 and 7"]
#     L["position: 5 becomes 7,<br/>if it still is 5"]
#   end
# ```
#
# Cut the records as you like, and deliver them as often and as late as you like: what lies at or before the
# position has been applied, and the rest has not.

# %% [markdown]
# ## Exercise: which shard is this?
#
# A position belongs to a shard, so functions must know which one a batch comes from. A table's stream says so
# only inside a *tumbling window*: Lambda then groups records by time, and names the shard. We use the name
# and not the window, which may be as long as AWS allows: 900 seconds.
#
# Change both mappings (MapLambda, ReduceLambda) with
# [update_event_source_mapping](https://docs.aws.amazon.com/boto3/latest/reference/services/lambda/client/update_event_source_mapping.html).
# Their UUIDs: `ws.aws.mapping("MapLambda")["UUID"]`.

# %% tags=["exercise:name-the-shard"]
### BEGIN SOLUTION
for function in ("MapLambda", "ReduceLambda"):
    ws.client("lambda").update_event_source_mapping(
        UUID=ws.aws.mapping(function)["UUID"], TumblingWindowInSeconds=900
    )
### END SOLUTION

# %%
ws.check("name-the-shard")

# %% [markdown]
# ## Exercise: Map with the ledger
#
# Open `lambdas/stateful/map.py`. This time the whole handler changes, and gets shorter, because
# `common/ledger.py` reads, drops and commits:
#
# - `Ledger(table, ledger_key, epoch)` is the position of this function in one shard. Its *ledger key* is
#   `batch.ledger_key(context.function_name)`. The *epoch* counts how often the pipeline was cleared:
#   `read_epoch(settings.parameter_table_name)`, from `common/epoch.py`.
# - `.apply(entries, into, quarantine)` applies what is new, and returns the counts for `report`.
# - `rows_into(table, ledger_key=…, shard_id=…, epoch=…)`, from `common/writes.py`, says what Map commits.
#
# Name the handler's second argument `context`, and read the epoch once, at the beginning.
# `entries_of_changes` takes it as third argument, and your `difference` as before. The last event of a
# window may be empty: then there is nothing to apply.

# %%
ws.deploy()

# %%
ws.check("map-ledger")

# %% [markdown]
# ## Exercise: Reduce with the ledger
#
# The same in `lambdas/stateful/reduce.py`: `entries_of_rows(batch, epoch)`, and `totals_into(table, epoch=…)`
# in place of `rows_into`. It can be done in ten lines. Remove the token.

# %%
ws.deploy()

# %%
ws.check("reduce-ledger")

# %% [markdown]
# ## The same deliveries again
#
# The guards of notebook 09 left no positions, and the totals are wrong by now. New bookkeeping starts with
# empty books: after a change of guards the pipeline has to be emptied.

# %%
ws.clear()
with ws.lab.poller("MapLambda") as poller:
    ws.send(10, seed=45)
    batch = poller.fetch(at_least=10)
    for part in (batch, batch[:5], batch[5:], batch[3:8], batch):
        print(poller.deliver(part))

# %%
with ws.lab.poller("ReduceLambda") as poller:
    ws.send(1, seed=46)
    row_a = poller.fetch()
    print(poller.deliver(row_a))
    ws.lab.advance(11 * 60)  # offline only
    ws.send(1, seed=47)
    print(poller.deliver(poller.fetch(at_least=len(row_a) + 1)))
    print(poller.deliver(row_a))

# %%
ws.diagnose()

# %% [markdown]
# With the ledger, `repeated 5` means: five records lay at or before the position, and were passed over. Whole,
# in pieces, in new company, after eleven minutes, and at the end of each block once more by the mapping: every
# total stays exact. Here is what the ledger has written down, one line for each ledger key:

# %%
ws.table("LedgerTable")

# %% [markdown]
# And the game, at the level in which the guards of notebook 09 got no points:

# %%
ws.play(rounds=1)

# %%
ws.quiz("ledger-after-eleven-hours")

# %% [markdown]
# ## Side by side
#
# Two pipelines get the same messages and the same faults: yours, and a second one with the guards of notebook
# 09. MapLambda crashes after a write now and then, and half of its batches come back in another cut (that
# only offline: AWS does not do it on demand). Watch the two meters.

# %%
ws.clear()
load = {"messages": 600, "duplicates": 5, "modify": 5}
faults = ["crash_after@map=0.1", "re_batched@map=0.5"]
room = ws.control_room(**load, faults=faults, beside="textbook", autostart=True)

# %%
room.wait()
room.stop()

# %% [markdown]
# The textbook drifts; with the ledger, yours does not. (If it does, an exercise above is still open.) Each
# meter holds its totals against what lies in its own stream.

# %% [markdown]
# ## Prove it
#
# A few experiments prove little. `workshop prove` runs many small *schedules*: messages, random faults and
# re-deliveries, on a clock of its own, with the finished handlers of each variant. After every commit it
# looks whether each total is the sum of those below it, and in the end whether every total is right. Ten
# schedules of each variant take about half a minute; the grid shows them as they end.

# %%
ws.predict("prove-textbook")

# %%
reports = ws.lab.prove(schedules=10)

# %%
import pandas as pd

faults = {kind for report in reports.values() for kind, count in report["by_fault"].items() if count["met"]}
met = {kind: reports["ledger"]["by_fault"][kind]["met"] for kind in sorted(faults)}
wrong = {
    name: {kind: report["by_fault"][kind]["inexact"] for kind in met} for name, report in reports.items()
}
pd.DataFrame({"schedules that met it": met, **{f"{name}: not exact": each for name, each in wrong.items()}})

# %%
for name, report in reports.items():
    print(f"{name}: {report['inexact']} of {report['schedules']} schedules not exact")
ws.reveal("prove-textbook", reports["textbook"]["inexact"])

# %% [markdown] tags=["instructor-note"]
# **For instructors:** The longest notebook; plan a break before "What to write down, and where". In
# `break-the-guard` any other cut of the batch will do, and the best question is why. In `map-ledger` the
# epoch is read once and not for each record. On AWS the experiments with the clock are left out. With little
# time, show "Prove it" at the front.

# %% [markdown]
# Ten are a taste. `workshop prove --variant ledger --schedules 2000` in a terminal takes a few minutes, and
# the table in [The ledger](../docs/ledger.md) shows what came out. That page also says what the ledger costs
# (five write units more per *batch*), what it does not cover, and how Flink and Kafka Streams do the same.
#
# ## What you have seen
#
# - A guard that recognises batches breaks when they are cut differently; a token breaks after ten minutes.
# - A position per shard, moved in the transaction that has the effect, recognises every record, for ever.
# - **Record what was applied where the effect is, in the same step.** That holds in every system.
#
# **Questions to consider.** Why does stage 1 need no ledger? What would happen if two invocations worked on
# the same shard at once? What breaks if somebody renames the function?
#
# **Read more:** [The ledger](../docs/ledger.md), and [the 25 holes](../docs/holes.md) that it closes.
#
# **Next:** [11: poison and back-pressure](11_poison_and_back_pressure.ipynb).
