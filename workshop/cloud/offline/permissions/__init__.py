"""Authorization: every call with a role's credentials is checked against the role's policies, as on AWS.

`gate.denied` checks each call before moto sees it. `operations` reads the operation and its parameters,
`needs` (with `dynamodb` and `s3`) lists the actions and resources that it requires, `sessions` finds whose
credentials it carries, `roles` and `rights` what these allow. `services` answers the same question for what
Lambda and the scheduler do in a role's name.

moto's own evaluator stays switched off: it has no resources for most services, so that statements with an ARN
never match, ignores conditions, permissions boundaries and session policies, does not look into transactions
and batches, compares actions case-sensitively, and answers in the wrong protocol.

Not implemented: resource-based policies (queues, buckets, functions), organizations, resource tags as
conditions, and CloudFormation acting with its caller's rights (stacks are created as an administrator).
"""
