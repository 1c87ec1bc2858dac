# ruff: noqa: D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Break it
#
# - **Goal:** make exact totals wrong in three ways, and learn to tell the ways apart.
# - **Time:** 25 minutes.
# - **You need:** the connected pipeline of [05](05_aggregate.ipynb); the first cell puts in place what is
#   missing.
#
# Your pipeline is exact as long as every message comes once, in order, and nothing fails. Real systems are
# not that kind. Here you do on purpose what will happen to you by accident.

# %%
from workshop.notebook import start

ws = start("08")

# %% [markdown]
# ## At least once
#
# Lambda promises to deliver every record of a stream *at least once*: it is never dropped while it can still
# be read, but it may come again. And again. Three things follow:
#
# | what happens | where |
# |---|---|
# | a message is sent twice | the producer got no answer, and tried again |
# | an older version arrives after a newer one | two senders, two routes |
# | a batch is delivered twice | the function wrote, and died before it could answer |
#
# The experiments show what *unguarded* code makes of them. So the next cell deploys the code that the
# course has at this point, in case you have been further already. Your files stay as they are.

# %%
ws.exercises.deploy_as_of("08")
ws.clear()
sent = ws.send(200)
ws.diagnose()

# %% [markdown]
# ## First way: the same message again
#
# We take one message, and the producer sends it once more.

# %%
ws.predict("duplicate-effect")

# %%
[message, *_] = sent.messages
print(f"trade {message.trade_id}, version {message.version}, {message.value}")
ws.send([message])
ws.diagnose()

# %%
ws.reveal("duplicate-effect")

# %% [markdown]
# **What just happened?** StateLambda wrote the trade over itself. Sent at another time, the message carried a
# new `Timestamp`; so, unlike the duplicates of notebook 06, it did appear in StateTable's stream. But the
# value was the same, and MapLambda summed a difference of zero.
#
# Many pipelines live on such luck for years.

# %% [markdown]
# ## Second way: out of order
#
# Version 2 of a new trade comes first, version 1 follows.

# %%
ws.predict("outdated-effect")

# %%
from dataclasses import replace
from decimal import Decimal

first = replace(message, trade_id="overtaken", value=Decimal("100.00"))
second = replace(first, version=2, value=Decimal("60.00"))
ws.send([second])
ws.rest()
ws.send([first])
ws.rest()
ws.table("StateTable", where={"TradeID": "overtaken"})

# %%
ws.reveal("outdated-effect")

# %% [markdown]
# The last one to write has won. How many totals does one wrong trade spoil? Count first, then look:

# %%
ws.diagnose()

# %% [markdown]
# ## Third way: you are the poller
#
# Between a stream and a function stands Lambda's *poller*: it fetches records, makes a batch, calls the
# function, and moves on once the function has answered. What if the answer never comes, because the function
# died right after its write? The poller cannot know whether anything was written. So it delivers the batch
# again.
#
# To see that in slow motion, you take the poller's place. `ws.lab.poller` pauses a mapping; `fetch` returns
# the records that wait in the stream, and `deliver` gives them to the function. At the end of the `with`
# block the mapping goes on, from where it was paused.

# %%
ws.predict("crash-and-retry")

# %%
ws.clear()
with ws.lab.poller("MapLambda") as poller:
    ws.send(10, seed=3)
    batch = poller.fetch(at_least=10)
    print(poller.deliver(batch))  # written, but suppose that the answer was lost
    print(poller.deliver(batch))  # so the batch comes again

# %%
ws.rest()
ws.diagnose()

# %%
ws.reveal("crash-and-retry")

# %% [markdown]
# **What just happened?** Look for your ten messages in the diagnosis: MapLambda wrote a row for each
# delivery, and ReduceLambda added all the rows. Nobody did anything wrong. A batch came again, as it may.
#
# The same can happen one stage later: a row that ReduceLambda gets twice is added twice.

# %% [markdown]
# ## Exercise: the trade that would not die
#
# Make the totals wrong yourself, with true messages only. A desk cancels a trade: it sends a version with
# `cancelled=True` and a higher number. Find a way to let the trade count all the same.
#
# `old` is in the pipeline already. `replace(old, …)` makes another version of it, and `ws.send([…])` sends.

# %% tags=["exercise:break-it"]
from dataclasses import replace

ws.clear()
[old] = ws.send(1, seed=11).messages
### BEGIN SOLUTION
ws.send([replace(old, version=old.version + 1, cancelled=True)])
ws.rest()
ws.send([old])
### END SOLUTION
ws.rest()

# %%
ws.check("break-it")

# %% [markdown]
# ## All of it, live
#
# Now let accidents happen by themselves. `faults` sets chances: here MapLambda and ReduceLambda crash after
# about every third write, and the producer repeats and reorders messages. This works on AWS as well: your
# functions read the chances from ParameterTable.

# %%
ws.quiz("where-it-is-exact")

# %%
ws.clear()
faults = ["crash_after@map=0.3", "crash_after@reduce=0.3"]
load = {"messages": 1_000, "rate": 250, "duplicates": 5, "modify": 5, "out_of_order": 50}
room = ws.control_room(**load, faults=faults, autostart=True)

# %%
room.wait(10)
ws.live.faults(clear=True)
room.wait()
ws.totals(compare=True)

# %% [markdown]
# How many totals are still right? And what does the diagnosis make of several causes at once?

# %%
ws.diagnose()

# %% [markdown]
# The same as a game: one round, a hundred points for totals that are exact to the cent. In level two there are
# duplicates and stale versions, functions crash, and batches are cut differently. The game is played on this pipeline
# with the code that is on it, and empties it before and after.

# %%
ws.play(rounds=1)

# %% [markdown]
# No points yet. Notebooks 09 and 10 play again.
#
# Play with the faults, if you like: the sliders set such chances, and there are more kinds of them. End all faults
# before you go on.

# %%
ws.live.faults_panel()

# %% [markdown] tags=["instructor-note"]
# **For instructors:** Let everybody write down a prediction before each of the three ways; most expect the
# duplicate to do harm and are wrong. In `break-it` people try a lower version first, which has no effect
# unless it comes last. Do not explain the repair yet: the itch is what carries notebook 09.

# %% [markdown]
# ## What you have seen
#
# - A repetition that is written over itself does no harm; an addition that is repeated does.
# - The last writer wins, unless somebody compares versions.
# - A crash loses nothing. It repeats, and that is what makes totals wrong.
#
# **Questions to consider.** Would it help if functions never crashed? What else can keep an answer from
# reaching the poller? Which of the three ways would you notice in production, and how?
#
# **Read more:** [How Lambda processes records from stream
# sources](https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html)
#
# **Next:** [09: repair it](09_repair_it.ipynb).
