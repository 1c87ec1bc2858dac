"""Who may do what: every call of a role is held to the role's policies, as on AWS.

`gate.denied` looks at each call before moto does. `operations` reads what the call asks for, `needs` (with
`dynamodb` and `s3`) which actions on which resources that takes, `sessions` whose credentials it carries,
`roles` and `rights` what these allow. `event_sources` and `services` answer the same question for what
Lambda and the scheduler do in a role's name.

moto has an evaluator of its own, which is of no use here: it knows no resources for most services, so that
no statement with an ARN ever matches, ignores conditions, permissions boundaries and session policies, does
not look into transactions and batches, compares actions in their exact case, and answers in the wrong
protocol. Nothing of it is used; it stays switched off.

What AWS has and this has not: policies on resources (queues, buckets, functions), organizations, tags of
resources as conditions, and CloudFormation acting with its caller's rights: what a stack makes, it makes as
an administrator. Within one account the policies here decide all the same.
"""
