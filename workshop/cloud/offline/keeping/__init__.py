"""What an offline cloud keeps in a file, so that a crash or a restart loses nothing that was acknowledged.

What is kept are effects, not requests, since a request that is repeated makes other ids. They are of two
kinds:

- The *content of containers*, row by row: items, records of streams and shards, messages, log events, values
  of metrics, tokens, asynchronous events, timers of schedules, the progress of mappings, the code of
  functions, the bodies of objects. Containers (`rows`, `logs`, `messages`, `content`) take the place of
  moto's dicts and lists and mark themselves when they change. What is appended between two commits is one
  row, so that 500 records cost little more than one.
- *Resources*, everything else that moto's backends hold, as a pickled document for each service (`resources`,
  `pickling`, `owners`, `rebuilding`), written anew after each call that may have changed it
  (`changing_calls`): same ids, ARNs and UUIDs, functions with their code, stacks with the very objects that
  their services have.

There is one place where effects are written. Whatever touches a backend holds the lock of the offline cloud,
and when that becomes free the keeper (`keeper`) commits what is marked (`marks`), all of it or nothing:
before the answer to a call, after a mapping has received or discarded, whoever it was. Rows go to a journal
(`journal`), which SQLite's file (`store`) takes over now and then; documents go to that file at once, and
with them all that the journal has.

A mapping's progress is kept after each batch: a record that was read but not finished comes again, at most
one batch for each slot of a shard. What belongs to this process alone is not kept: environments and their
log-ins, faults that were set, what `status` counts.
"""
