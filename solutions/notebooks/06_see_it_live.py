# ruff: noqa: D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # See it live
#
# - **Goal:** watch your pipeline under load, know how fast it is, and prove that its totals are right.
# - **Time:** 12 minutes.
# - **You need:** the pipeline that you completed in [05](05_aggregate.ipynb).
#
# The stages are connected, the totals arrive. The head of the desk has two questions: how fast is it, and can
# I trust it?

# %%
from workshop.notebook import start

ws = start("06")

# %% [markdown]
# ## How fast?
#
# Two numbers answer that. *Throughput* is how many messages get through in a second. *Latency* is how long
# one message takes, from being sent to being part of the totals.
#
# Latency is not the same for every message, so we give percentiles: half of the messages take less than the
# *median* (p50), 95 in a hundred take less than p95, and 99 in a hundred less than p99. A mean alone would
# hide the slow ones.

# %%
ws.predict("median-latency")

# %%
ws.clear()
room = ws.control_room(messages=1_500, rate=150, autostart=True)

# %% [markdown]
# This is the *control room*. It moves while you go on: open a line of the tree, choose another picture, set
# another rate or batch size, and a mark shows in the charts when you did. Its meter says how the totals
# stand: exact to the cent, still in flight, or off, by how much and where.
#
# The throughput is drawn as a *rolling mean*: the average over the last 20 seconds (in a short run over
# less), so that it does not jump about with each batch. If less arrives in the totals than is sent, messages
# queue up in the stream and latency grows: nothing is lost, but the pipeline is too small for the load.

# %%
room.wait()

# %%
snapshot = ws.rest()
latency = snapshot.latency.summary()
ws.reveal("median-latency", latency["p50"])

# %% [markdown]
# Is that slow? Each of the three stages waits up to a second on purpose to fill its batches. Shorter windows
# would make it faster and dearer: more invocations, more rows, more transactions.
#
# The desk has a front end of its own. In a terminal (*File*, *New*, *Terminal*), `workshop watch
# course-stateful` shows clock, speed, latency and totals as they move; Ctrl-C ends it. Let it run beside the
# cells that follow.

# %% [markdown]
# ## Where is the risk?
#
# Nineteen numbers are a table; people see more in a picture. The inner ring is the kind of risk, then come
# the desks, then the regions. Click on a part to look into it, and on the middle to come back.

# %%
ws.totals("sunburst")

# %%
ws.totals("treemap")

# %% [markdown]
# ## Can I trust it?
#
# We know what was sent, so we know what the totals must be: the truth, computed from the messages alone.
# First an easy case. Or is it?

# %%
ws.predict("duplicates-alone")

# %%
ws.clear()
ws.send(600, duplicates=10, seed=6)
snapshot = ws.rest()
print(f"{snapshot.trades['Grand Total']} trades count, {ws.messages.truth().trades['Grand Total']} are right")

# %%
ws.reveal("duplicates-alone")

# %% [markdown]
# Don't celebrate yet: it works because the duplicates said nothing new. The next messages do.

# %% [markdown]
# ## Why is my number wrong?
#
# Here is the late message of notebook 03 again: version 2 first, version 1 behind it. When totals are wrong,
# `ws.diagnose()` compares what was sent with what every stage has kept, and names the most likely cause.

# %%
ws.send([ws.messages.new("moody", "75.00", version=2)])
ws.send([ws.messages.new("moody", "100.00", version=1)])
ws.diagnose()

# %% [markdown]
# It names the totals that are off, by how much, and the trade that did it. That is what a real risk desk
# would pay for; here you get it whenever an exercise about totals fails.

# %% [markdown]
# ## Exercise: exact
#
# Now a run that proves something: at least 1,000 messages, of which 3 percent change a trade that was sent
# before (`modify=3`), all of them in order. Start from an empty pipeline, and let everything come to rest.
# The check holds all totals against the truth, to the cent. (If it says that old values are not subtracted,
# `map-subtract-old` of notebook 04 is still open. In a terminal, `workshop catch-up 06` does it for you, and
# keeps your version.)

# %% tags=["exercise:totals-exact"]
### BEGIN SOLUTION
ws.clear()
ws.send(2_000, modify=3)
ws.rest()
### STARTER
# # your code here
### END SOLUTION

# %%
ws.check("totals-exact")

# %%
ws.totals(compare=True)

# %% [markdown] tags=["instructor-note"]
# **For instructors:** A good moment for a break: the core so far takes about 90 minutes. With little
# time, go on with 08 and leave 07 for later.

# %% [markdown]
# ## What you have seen
#
# - Throughput and latency, and what batch windows have to do with them.
# - Totals that are exact as long as every message comes once and in order.
# - A diagnosis that finds the one trade behind every wrong total.
#
# **Questions to consider.** Which of the three windows would you shorten first? What would the desk notice if
# the totals were wrong by one trade for an hour?
#
# **Read more:** [Monitoring Lambda
# functions](https://docs.aws.amazon.com/lambda/latest/dg/lambda-monitoring.html)
#
# **Next:** [08: break it](08_break_it.ipynb), where messages come twice, late, and functions crash. Or, if
# you have half an hour to spare, [07: the stateless pipeline](07_stateless.ipynb) first.
