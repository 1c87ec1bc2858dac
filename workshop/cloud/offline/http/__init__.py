"""The endpoint: HTTP in, one lock, moto behind it."""
