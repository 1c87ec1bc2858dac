"""What `help(ws)` says: every call of a notebook, on one screen."""

__all__ = ["GUIDE"]

# What `help(ws)` prints: one screen. `help(ws.send)` or `ws.send?` tells more of one call.
GUIDE = """Everything that a notebook needs. Type `ws.` and press Tab; `ws.send?` explains one call.

Exercises and questions
  check(id)               look at what your answer has done; as often as you like
  hint(id), solution(id)  ask, point, nearly the code; then all of it
  predict(id), quiz(id)   ask you a question
  reveal(id, seen)        hold your prediction against what was seen
  exercises.              progress(), reset(id), undo(id), deploy_as_of(notebook)

Your pipeline
  deploy(Parameter=…)     make the stack or bring it up to date; waits until it is there
  connect(function, …)    make or change an event source mapping, with AWS's names
  send(messages, …)       a number of made-up ones, or exactly these; waits until they are accepted
  rest(timeout=60)        wait until nothing moves any more; returns the totals
  play(rounds, level=2)   the scored game; empties the pipeline before and after
  clear()                 let what is on its way arrive, then empty the pipeline
  messages.               new, plan, desk, example; sent(), counts(), truth()

See what it does
  picture(live=False)     the whole pipeline, and what waits where
  table(name)             the rows of a table, and what changed in it; frame(name) is for pandas
  totals(kind)            as a "tree", a "sunburst" or a "treemap"
  compare(), diagnose()   wait for rest; are the totals right? if not, why?
  control_room(…)         a run that moves while you steer it; `beside=` a second pipeline
  tables.                 items(name), snapshot(), follow(trade), reconcile()
  live.                   faults(…), faults_panel(), producer_panel(), stop()

AWS underneath
  client(service), root   a boto3 client, such as client("kinesis"); the folder of your files
  outputs, stream_arn(…)  a dict of the stack's outputs; the ARN of the stream, or of a table's
  aws.                    mapping, role_name, statements, resources, producer_role, …
  lab.                    poller, release_with_bug, send_again, advance, prove
  costs., leftovers.      prices at your load; what is still there, and how to delete it
  cost_calculator()       a month's bill with its fields; scaling(rate): where designs saturate
  doctor(), certificate() is this machine ready? your own numbers, as a page to print

`ws.stateless`, `ws.tour`: two more pipelines, same calls. `ws.join(…)`, `leave()`, `classroom.`: a class."""
