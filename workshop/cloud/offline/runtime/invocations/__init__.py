"""Invocations: functions, concurrency, asynchronous events, logs, metrics."""
