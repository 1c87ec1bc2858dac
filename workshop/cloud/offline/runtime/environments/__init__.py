"""Execution environments: the processes in which handlers run."""
