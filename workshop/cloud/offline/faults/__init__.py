"""Faults of the offline cloud: the plan in force, and where it strikes."""
