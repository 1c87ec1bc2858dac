"""Event source mappings: polled, batched, invoked, retried, bisected, checkpointed."""
