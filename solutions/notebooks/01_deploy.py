# ruff: noqa: D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Deploy your pipeline
#
# - **Goal:** turn a text file into a running stream, three functions and their tables; know what each part
#   does.
# - **Time:** 8 minutes.
# - **You need:** nothing but this notebook; [00](00_start_here.ipynb) shows where all of this leads.
#
# In notebook 00 the pipeline was already there. From now on it is yours: you set it up, and you connect it,
# piece by piece.

# %%
from workshop.notebook import start

ws = start("01")

# %% [markdown]
# ## A template says what should be there
#
# In a cloud, a stream, a function or a table is called a *resource*. Instead of making resources by hand, we
# write down what should be there, in a *template*, and let *CloudFormation*, a service of AWS, make it so. A
# template can be read, compared, kept in git, and used again.
#
# This is the part of ours that describes StateTable.

# %%
template = (ws.root / "cloudformation" / "stateful.yaml").read_text(encoding="utf-8")
begin = template.index("  StateTable:\n")
print(template[begin : template.index("\n\n", begin)])

# %% [markdown]
# Read it from top to bottom: a table of *DynamoDB*, AWS's database; you pay for what you read and write; each
# row in it, called an *item*, is found by its `TradeID`, a piece of text (`S` for string). And the table
# keeps a record of its changes, with the item as it was before and as it is now (`NEW_AND_OLD_IMAGES`). That
# setting will carry the second stage.

# %% [markdown]
# ## Parameters leave something open
#
# A template may ask for values: its *parameters*. CloudFormation can tell which. We ask it through *boto3*,
# AWS's library for Python; `ws.client` hands out its clients, one for each service.

# %%
from textwrap import indent, wrap

answer = ws.client("cloudformation").validate_template(TemplateBody=template)
for parameter in sorted(answer["Parameters"], key=lambda each: each["ParameterKey"]):
    if parameter.get("DefaultValue"):
        print(f"{parameter['ParameterKey']} = {parameter['DefaultValue']}")
        print(indent("\n".join(wrap(parameter["Description"], 84)), "    "))

# %% [markdown]
# ## Exercise: deploy the stack
#
# What CloudFormation makes from a template is called a *stack*. `ws.deploy()` packs the three functions from
# your folder `lambdas/` and hands the template to CloudFormation, with `ConnectStages` switched off: the
# connections are yours to make. Parameters go into the brackets, with their names.
#
# The desk has two wishes:
#
# - It sends up to 1,500 messages a second. One *shard*, that is one lane of the stream, takes 1,000.
# - A function writes a *log* of what it does. Keep logs for 3 days.
#
# Offline this takes a few seconds. On AWS it takes about two minutes, in which the resources appear one by
# one.

# %% tags=["exercise:deploy-stack"]
### BEGIN SOLUTION
ws.deploy(ShardCount=2, LogRetentionDays=3)
### STARTER
# # your code here
### END SOLUTION

# %%
ws.check("deploy-stack")

# %% [markdown]
# ## What is there now?
#
# The stack also holds *roles*, which say what functions may do. CloudFormation makes roles only for a caller
# who acknowledges it with `CAPABILITY_IAM`: "I know that this template grants permissions." `ws.deploy` and
# `workshop deploy` acknowledge it for ours. Before you do so for somebody else's template, read its policies.
#
# Each resource has two names. Its *logical id* is the name in the template, such as `StateTable`; we use it
# throughout this workshop. Its *physical id* is the name that it really has in the cloud.

# %%
ws.aws.resources()

# %%
ws.quiz("two-learners")

# %% [markdown]
# A program that wants to use the stack has to find its parts. For that, a stack has *outputs*: values that it
# publishes.

# %%
if ws.aws.is_deployed:
    for name, value in sorted(ws.outputs.items()):
        print(f"{name:<22} {value}")

# %% [markdown]
# ## Once more, please
#
# You are going to deploy often: each time that you change the code of a function.

# %%
ws.predict("same-template-again")

# %%
again = ws.deploy()
print("Functions with new code:", ", ".join(again.changed_functions) or "none")

# %%
ws.reveal("same-template-again")

# %% [markdown]
# A parameter that you do not mention keeps its value, too: there are still two shards.

# %% [markdown]
# ## What is missing?

# %%
ws.picture()

# %%
ws.quiz("nothing-connected")

# %% [markdown] tags=["instructor-note"]
# **For instructors:** Let people read the template before they deploy, not after. With AWS in one
# account, everybody sets `WORKSHOP_STACK` to a prefix of their own before they start JupyterLab. Anyone who
# deployed four shards cannot go back to one in a single step: at most down to half, or up to double.

# %% [markdown]
# The boxes are there, but no arrow is live: nothing brings messages from the stream to StateLambda, changes
# from StateTable to MapLambda, or rows from ReduceTable to ReduceLambda. These three connections are yours to
# make, in notebooks 03, 04 and 05.
#
# ## What you have seen
#
# - A template says what should be there; CloudFormation makes a stack of it, and changes only what differs.
# - Logical ids are the template's names, physical ids the cloud's; outputs lead from one to the other.
#
# **Questions to consider.** What would happen to the messages in the stream if somebody changed `ShardCount`
# to 3 now? Why does the template give each table a line `DeletionPolicy`, and what would you write there in a
# real bank?
#
# **Read more:** [CloudFormation
# concepts](https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-whatis-concepts.html)
#
# **Next:** [02: the stream](02_stream.ipynb).
