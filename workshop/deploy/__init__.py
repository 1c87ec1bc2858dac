"""Pipelines in a cloud: zips made, stacks created, updated, deleted. Speaks to AWS APIs alone."""
