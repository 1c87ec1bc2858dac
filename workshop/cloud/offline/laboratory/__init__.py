"""A cloud inside one process, for experiments that must be repeatable."""
