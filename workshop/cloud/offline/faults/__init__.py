"""Faults of the offline cloud: the active plan, and where it strikes."""
