# ruff: noqa: D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Clean up
#
# - **Goal:** leave nothing behind, and know that nothing is left.
# - **Time:** 5 minutes.
# - **You need:** nothing. You can do this at any time, and start again with [01](01_deploy.ipynb).
#
# Offline, nothing costs anything: `workshop cloud stop` keeps what there is, and `workshop cloud reset` deletes
# all of it at once. On AWS, what you forget goes on costing money. So practise it here.

# %%
from workshop.notebook import start

ws = start("99")

# %% [markdown]
# ## What is there?
#
# `ws.leftovers.find` asks every service for what carries your name: stacks, and what you made by hand beside
# them. The stack whose name contains `exam` was made by checks, to try your files on.

# %%
import pandas as pd

left = ws.leftovers.find()
rows = [(thing.kind, thing.name, f"{thing.usd_per_hour:.3f}") for thing in left]
pd.DataFrame(rows, columns=["what", "name", "USD an hour at rest"]).set_index("what")

# %%
per_hour = sum(thing.usd_per_hour for thing in left)
print(f"On AWS: {per_hour:.3f} USD an hour, {per_hour * 24 * 30:.2f} USD in 30 days, with nobody using it")

# %%
ws.predict("what-a-stack-takes-along")

# %%
ws.reveal("what-a-stack-takes-along")

# %% [markdown]
# ## Exercise: leave nothing behind
#
# `ws.leftovers.destroy(name)` takes away what you attached to the stack's own resources (mappings, alarms,
# policies), deletes the stack, and asks every service whether anything of it is left. What stands beside the
# stack, such as the producer's role, you delete by hand. AWS refuses to delete a role as long as it has
# a policy.
#
# **This deletes your pipeline and everything in it.** Your files and your progress stay.

# %% tags=["exercise:clean-up"]
### BEGIN SOLUTION
iam = ws.client("iam")
for thing in ws.leftovers.find():
    if thing.kind == "role":
        for name in iam.list_role_policies(RoleName=thing.name)["PolicyNames"]:
            iam.delete_role_policy(RoleName=thing.name, PolicyName=name)
        iam.delete_role(RoleName=thing.name)
    if thing.kind == "alarm":
        ws.client("cloudwatch").delete_alarms(AlarmNames=[thing.name])
    if thing.kind == "stack":
        ws.leftovers.destroy(thing.name)
if any(thing.kind == "bucket" for thing in ws.leftovers.find()):  # its stacks were deleted by other means
    ws.leftovers.destroy(ws.aws.stack)
### END SOLUTION

# %%
ws.check("clean-up")

# %% [markdown]
# ## The end
#
# You have built a pipeline that adds up a stream of changes, exactly, on services that promise far less than
# that. You have seen each of its guards fail, and replaced them by a sentence that you can take anywhere:
#
# > **Record what was applied where the effect is, in the same step.**

# %%
ws.exercises.progress()

# %% [markdown]
# Your certificate, with your own numbers. Put your name between the quotation marks. The page that it makes
# can be printed, and stays on this machine.

# %%
ws.certificate("Your Name")

# %% [markdown] tags=["instructor-note"]
# **For instructors:** On AWS nobody leaves the room before this notebook is green: an idle stack with two
# shards costs about 22 dollars a month. Offline it may be skipped. What people forget is the producer's
# role of notebook 12.

# %% [markdown]
# ## What you have seen
#
# - Deleting a stack deletes what its template describes; what you made by hand, you delete by hand.
# - Nothing is left when every service that was asked says so.
#
# **Questions to consider.** Where in your own systems is something added, sent or booked twice after a
# failure? What is its ledger? And who would notice?
#
# **From here:** `workshop play` goes on with the game, on a finished pipeline or, with `--stack`, on one of
# your own; `workshop demo` shows both pipelines in a minute; and [The ledger](../docs/ledger.md) and
# [the 25 holes](../docs/holes.md) are worth reading again.
