# ruff: noqa: D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Stage 3: aggregate
#
# - **Goal:** complete the pipeline, and on the way meet a permission error, understand it, and mend it
#   properly.
# - **Time:** 16 minutes.
# - **You need:** ReduceTable's rows, from [04](04_map_and_reduce.ipynb).
#
# ReduceTable fills with rows of deltas. The last stage adds them to the totals that the desk looks at. One
# connection is missing. It should be a matter of seconds, should it not?

# %%
from workshop.notebook import start

ws = start("05")

# %% [markdown]
# We begin with the five messages of notebook 04. They wait as rows in ReduceTable, and AggregateTable is
# empty.

# %%
M = ws.messages.example
ws.clear()
ws.send(list(M.values()))
ws.rest()
ws.picture()

# %% [markdown]
# ## Connect it, and be refused

# %%
ws.predict("whose-permission")

# %%
from botocore.exceptions import ClientError

settings = {"StartingPosition": "TRIM_HORIZON", "BatchSize": 1000, "MaximumBatchingWindowInSeconds": 1}
try:
    ws.connect("ReduceLambda", EventSourceArn=ws.stream_arn("ReduceTable"), **settings)
    print("No error: you have been here before, and the role may read the stream by now.")
    print('To meet the error again: ws.exercises.reset("connect-reduce"), then ws.exercises.reset("reduce-policy").')
except ClientError as error:
    print(error.response["Error"]["Code"], error.response["Error"]["Message"], sep="\n")

# %%
ws.reveal("whose-permission")

# %% [markdown]
# **Read errors like this one slowly.** AWS says *who* was not allowed something: "the role". It says *what*:
# four calls. And it says *on what*: the stream with that address. This is the most common error of all, and
# you have just met it on purpose.

# %% [markdown]
# ## Roles and policies
#
# A function does not act with your permissions. It has a *role*, an identity of its own, and *policies*
# are attached to it: documents that say what the role may do. What no policy allows is forbidden. The
# service that checks this is called *IAM*.
#
# These are the statements of ReduceLambda's role.

# %%
for statement in ws.aws.statements("ReduceLambda"):
    print(statement.policy, statement.effect, ", ".join(statement.actions))
    print("    on", ", ".join(resource.split(":", 5)[-1] for resource in statement.resources))

# %% [markdown]
# It may add to AggregateTable, set bad records aside, and write its log; LedgerTable, ParameterTable and
# FailureQueue are for later notebooks. It may not read any stream.
#
# You could allow it everything and be done. But a function that may do everything can destroy everything, by
# mistake or in the wrong hands. So we give each role exactly what it needs: *least privilege*. What it needs
# is one stream:

# %%
print(ws.stream_arn("ReduceTable"))

# %% [markdown]
# ## Exercise: write the policy
#
# A policy is JSON: a list of *statements*. This is the first one of those above:
#
# ```json
# {"Effect": "Allow", "Action": ["dynamodb:UpdateItem"], "Resource": "arn:aws:dynamodb:us-east-1:…"}
# ```
#
# - Three of the four calls read one stream. Allow them on the stream of ReduceTable, and on nothing else.
# - The fourth, `ListStreams`, lists all streams; it belongs to none of them. Its Resource is `"*"`.
#
# Names of actions begin with the service: `dynamodb:GetRecords`. The call `put_role_policy` attaches a policy
# to a role. Give yours a new name: one that exists already would be replaced.

# %% tags=["exercise:reduce-policy"]
import json

### BEGIN SOLUTION
reading = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
statements = [
    {"Effect": "Allow", "Action": reading, "Resource": ws.stream_arn("ReduceTable")},
    {"Effect": "Allow", "Action": ["dynamodb:ListStreams"], "Resource": "*"},
]
### STARTER
# statements = []  # your code here
### END SOLUTION
if statements:
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    role = ws.aws.role_name("ReduceLambda")
    ws.client("iam").put_role_policy(RoleName=role, PolicyName="ReadReduceTable", PolicyDocument=document)

# %%
ws.check("reduce-policy")

# %% [markdown]
# ## One at a time
#
# AggregateTable is small, and everybody wants to change the same few items: the Grand Total most of all.
# ReduceLambda adds all deltas of a batch in one *transaction*: all of the additions happen, or none.

# %%
ws.predict("two-at-once")

# %%
ws.reveal("two-at-once")

# %% [markdown]
# Nothing would be lost; but one of the two wasted its work, and the more of them there are, the more
# often that happens. So for this one function we want no more than one invocation at a time. Lambda's word
# for that is *reserved concurrency*: how many invocations are set aside for the function, which is also the
# most that can run.

# %% [markdown]
# ## Exercise: set the concurrency
#
# The call is
# [put_function_concurrency](https://docs.aws.amazon.com/boto3/latest/reference/services/lambda/client/put_function_concurrency.html)
# of the Lambda client; the name of the function is in `ws.outputs`. (A brand-new AWS account has none to
# reserve, and refuses. Then leave it out; the check knows.)

# %% tags=["exercise:reduce-concurrency"]
### BEGIN SOLUTION
name = ws.outputs["ReduceLambdaName"]
answer = ws.client("lambda").put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
### STARTER
# # your code here
### END SOLUTION

# %%
ws.check("reduce-concurrency")

# %% [markdown]
# ## Exercise: connect ReduceLambda
#
# Now the call that was refused: the stream of ReduceTable, from its oldest record, up to 1,000 rows at a
# time, and a window of one second. (On AWS a new policy takes some seconds to have effect. If the call is
# still refused, wait a little and run the cell again.)

# %% tags=["exercise:connect-reduce"]
### BEGIN SOLUTION
ws.connect(
    "ReduceLambda",
    EventSourceArn=ws.stream_arn("ReduceTable"),
    StartingPosition="TRIM_HORIZON",
    BatchSize=1000,
    MaximumBatchingWindowInSeconds=1,
)
### STARTER
# # your code here
### END SOLUTION

# %%
ws.check("connect-reduce")

# %% [markdown]
# ## The totals
#
# The pipeline is complete. We empty it and send the five messages once more, so that they go all the way.

# %%
ws.clear()
ws.send(list(M.values()))
ws.rest()
ws.table("AggregateTable")

# %% [markdown]
# Each row is one total. The row `#progress` is bookkeeping: how many rows have been added, and how long the
# messages took. Is it right? Add it up: 75.00 + 40.50 + 250.25 + 100.00 + 20.00.

# %%
ws.totals()

# %% [markdown]
# ## All groups at once

# %%
ws.predict("rows-in-all")

# %%
ws.clear()
ws.send(500, seed=5)
totals = ws.rest().live_totals
ws.totals()

# %%
ws.reveal("rows-in-all", len(totals) or None)

# %% [markdown]
# Which desk carries how much in which region? `ws.frame("totals")` has a column for each level; `dropna`
# keeps the leaves, and `pivot` lays them out:

# %%
ws.frame("totals").dropna().pivot(index=["RiskType", "TradeDesk"], columns="Region", values="Value")

# %% [markdown] tags=["instructor-note"]
# **For instructors:** The error is met before it is explained, on purpose; give people a minute with it.
# A frequent slip is the ARN of the table instead of that of its stream. On AWS a new policy takes a few
# seconds to be known.

# %% [markdown]
# **What just happened?** Five hundred messages, and nineteen totals. Reduce never reads a total and writes it
# back; it tells DynamoDB to `ADD` a number, and DynamoDB does so in one step. So two writers never overwrite
# each other's work.
#
# ## What you have seen
#
# - A function acts with its role; what no policy allows is forbidden; an error says who, what, and on what.
# - Least privilege: name each call, and the one resource that it needs.
# - Reduce adds a batch in one transaction, and one invocation at a time spares it collisions.
#
# **Questions to consider.** What could an attacker do with `dynamodb:*` on `*`? If one invocation at a time
# is enough here, why not for StateLambda? What if ReduceLambda crashes right *after* its transaction?
#
# **Read more:** [Security best practices in
# IAM](https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html)
#
# **Next:** [06: see it live](06_see_it_live.ipynb).
