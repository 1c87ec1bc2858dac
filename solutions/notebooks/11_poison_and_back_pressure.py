# ruff: noqa: D100 - a notebook shows values, and its title is a heading

# %% [markdown]
# # Poison and back-pressure
#
# - **Goal:** keep one bad record from stopping everything behind it, and be told before anything is lost.
# - **Time:** 35 minutes.
# - **You need:** the connected pipeline; the guards of [09](09_repair_it.ipynb) or the ledger of
#   [10](10_the_ledger.ipynb) are welcome, and not necessary.
#
# Within a shard, records are processed in order. That is a gift, and it has a price: as long as a batch
# fails, nothing behind it moves.

# %%
from workshop.notebook import start

ws = start("11")

# %%
ws.clear()
ws.deploy()

# %% [markdown]
# ## Bad data is not a failure
#
# A record that can never be processed is called *poison*. The simplest kind is data that is not a message.

# %%
ws.predict("not-a-message")

# %%
put = ws.client("kinesis").put_record(
    StreamName=ws.outputs["StreamName"], Data=b"hello", PartitionKey="somebody"
)
ws.send(20)
ws.rest()
ws.table("QuarantineTable")

# %%
ws.reveal("not-a-message")

# %% [markdown]
# **What just happened?** The function is prepared for bad data. It wrote the record into
# QuarantineTable, with the reason, and went on. In a terminal, `workshop quarantine course-stateful` lists
# them.
#
# A rule to remember: *bad data never raises an error.* An error says "try again", and here no attempt will
# ever succeed.

# %% [markdown]
# ## A bug is a failure
#
# On Friday afternoon somebody releases a version of StateLambda with a bug: it raises an error on every
# message that contains the word `friday`. (Your files are untouched; only the deployed code is another one.)

# %%
ws.clear()
ws.exercises.undo("mapping-failures")  # should you be here again
ws.lab.release_with_bug()

# %% [markdown]
# 40 trades come in, and one more in front of them.

# %%
ws.predict("one-bad-record")

# %%
from dataclasses import replace

trades = ws.messages.plan(40, seed=51)
ws.send([replace(trades[0], trade_id="friday-1")])
ws.send(trades)
ws.rest(timeout=8)  # by then, what can move has moved
print(f"{len(ws.tables.items('StateTable'))} of {len(trades)} trades have arrived")

# %%
ws.picture()

# %%
ws.reveal("one-bad-record")

# %% [markdown]
# **What just happened?** One shard stands still. Its first batch holds the bad message, so it fails, and
# comes again, and fails. This is *back-pressure*: the stage does not lose what it cannot take, it lets it
# wait where it is. What waits grows older, and after 24 hours it *expires*.

# %% [markdown]
# ## What a mapping can do about it
#
# We need four of an event source mapping's settings for failing batches:
#
# | setting | what it does |
# |---|---|
# | `BisectBatchOnFunctionError` | splits the batch, and tries the halves |
# | `FunctionResponseTypes` | lets the function say which record failed: a *partial batch response* |
# | `MaximumRetryAttempts` | how often to try again, before giving up |
# | `DestinationConfig` | whom to tell about what was given up: the *on-failure destination* |

# %%
ws.quiz("bisect-and-totals")

# %% [markdown]
# ## Exercise: give up, but tell somebody
#
# Only one of your three functions may ever give something up. Let its mapping split failing batches, listen
# to partial responses, try twice more (on AWS you would allow more), and report to the stack's FailureQueue,
# a queue of AWS's service SQS. The other two mappings stay as they are: they try without end. The call is
# `update_event_source_mapping`.

# %% tags=["exercise:mapping-failures"]
answer = ws.client("sqs").get_queue_attributes(
    QueueUrl=ws.outputs["FailureQueueUrl"], AttributeNames=["QueueArn"]
)
queue_arn = answer["Attributes"]["QueueArn"]
### BEGIN SOLUTION
changed = ws.client("lambda").update_event_source_mapping(
    UUID=ws.aws.mapping("StateLambda")["UUID"],
    BisectBatchOnFunctionError=True,
    FunctionResponseTypes=["ReportBatchItemFailures"],
    MaximumRetryAttempts=2,
    DestinationConfig={"OnFailure": {"Destination": queue_arn}},
)
### END SOLUTION

# %%
ws.check("mapping-failures")

# %% [markdown]
# The batch that blocked its shard gets halved and halved again, until the bad record is alone. Give it some
# seconds.
#
# ```mermaid
# flowchart LR
#     A["a batch of 8,<br/>one is bad"] -- half --> B["4 with the bad one"] -- half --> C["2 with it"]
#     C -- half --> D["the bad one alone"] -- "given up" --> Q[("FailureQueue")]
#     A -- half --> E["4 are done"]
#     B -- half --> F["2 are done"]
#     C -- half --> G["1 is done"]
# ```

# %%
ws.rest(timeout=45)
print(f"{len(ws.tables.items('StateTable'))} of {len(trades)} trades have arrived")

# %% [markdown]
# ## What was given up
#
# FailureQueue has a report. It does not hold the record, but it says where it lies.

# %%
import json

queue, url = ws.client("sqs"), ws.outputs["FailureQueueUrl"]
found = queue.receive_message(QueueUrl=url, WaitTimeSeconds=2).get("Messages", [])
reports = [json.loads(each["Body"]) for each in found]
for each in found:
    print(json.dumps(json.loads(each["Body"]), indent=2))
    queue.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])

# %% [markdown]
# Now somebody fixes the bug and sends the record again. Which records can we put back? Only those of the
# Kinesis stream. That is why only StateLambda may give up; its guard of notebook 09 makes a late record
# harmless.

# %%
ws.deploy()
for report in reports:
    print(f"{ws.lab.send_again(report)} record sent again")

# %%
ws.rest()
ws.compare()

# %% [markdown]
# ## Exercise: name the record that failed
#
# Splitting finds a bad record by trying. A function that knows which record failed can just say so: it
# answers `{"batchItemFailures": [{"itemIdentifier": "…"}]}` with the sequence number. Lambda treats
# everything before it as done, and delivers again from there.
#
# Open `lambdas/stateful/state.py`, `handler`. When DynamoDB is busy, `keep` raises a `BusyError` (from
# `common.storage`): nothing is wrong with the record, but it has to come again. Answer with its number, and
# leave what comes after it alone, since that will be delivered again, too. If all is well, the list is empty.

# %%
ws.deploy()

# %%
ws.check("state-partial-batch")

# %% [markdown]
# ## How old is what comes in?
#
# A pipeline that falls behind does not fail; it just gets later. Lambda measures that for every batch: the
# *iterator age* is how long its last record had been waiting. Here is the largest one of each minute. (If the
# times are ahead of your watch: notebook 10 put the offline cloud's clock forward.)

# %%
from datetime import UTC, datetime, timedelta

now, hour = datetime.now(UTC), timedelta(hours=1)
metric = {"Namespace": "AWS/Lambda", "MetricName": "IteratorAge", "Statistics": ["Maximum"]}
function = [{"Name": "FunctionName", "Value": ws.outputs["StateLambdaName"]}]
answer = ws.client("cloudwatch").get_metric_statistics(
    **metric, Dimensions=function, StartTime=now - hour, EndTime=now + 12 * hour, Period=60
)
for point in sorted(answer["Datapoints"], key=lambda each: each["Timestamp"])[-5:]:
    print(f"{point['Timestamp']:%H:%M %Z}  {point['Maximum']:>12,.0f} ms")

# %% [markdown]
# ## Exercise: be told in time
#
# A *metric* is a series of numbers that AWS's service CloudWatch keeps, like the `IteratorAge` of one
# function above; its *dimension* says of which. An *alarm* watches a metric, and changes its state when a
# threshold is crossed; `put_metric_alarm` makes one. The template has made some already, which go off after
# five minutes. Make one for yourself, with the name below: it goes off when the oldest records that
# StateLambda is given have been waiting for more than **two hours**, three minutes in a row.

# %% tags=["exercise:iterator-age-alarm"]
alarm = f"{ws.aws.stack}-state-is-behind"
### BEGIN SOLUTION
made = ws.client("cloudwatch").put_metric_alarm(
    AlarmName=alarm,
    Namespace="AWS/Lambda",
    MetricName="IteratorAge",
    Dimensions=[{"Name": "FunctionName", "Value": ws.outputs["StateLambdaName"]}],
    Statistic="Maximum",
    Period=60,
    EvaluationPeriods=3,
    Threshold=2 * 3600 * 1000,
    ComparisonOperator="GreaterThanThreshold",
)
### END SOLUTION

# %%
ws.check("iterator-age-alarm")

# %% [markdown]
# ## What expires
#
# Kinesis can keep records for up to a year, if one pays for it. The stream of a table keeps them for 24
# hours, and nothing changes that.

# %%
ws.quiz("what-expires")

# %% [markdown]
# What State never read is lost for the pipeline, and only the producer can send it again. What Map or Reduce
# never read can be repaired, because StateTable still knows every trade: `reconcile` compares the totals with
# the sum over all trades.

# %%
ws.tables.reconcile()

# %% [markdown] tags=["instructor-note"]
# **For instructors:** The waits are real: a blocked shard takes seconds to show. Frequent slips: settings on
# all three mappings instead of StateLambda's alone, an alarm on the mean instead of the maximum, a threshold
# in seconds where the metric counts milliseconds.

# %% [markdown]
# ## What you have seen
#
# - Bad data is set aside with a reason; an error means "try again", and blocks its shard meanwhile.
# - Bisecting isolates a bad record, a partial response names it, and a destination is told what was given up.
# - Only a stage whose input can be sent again may give up: a message can be put into the stream once more, a
#   change of a table cannot.
# - The iterator age tells how far behind you are, and retention how much time is left.
#
# **Questions to consider.** Why is there an alarm on the queue as well? What would `MaximumRetryAttempts=2`
# on MapLambda do to the totals? What if a bad record comes every second?
#
# **Read more:** [Handling errors of stream
# sources](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-errors.html)
#
# **Next:** [12: security, cost and limits](12_security_cost_limits.ipynb).
