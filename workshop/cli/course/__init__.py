"""The commands of the course: check, hint, solve, reset, catch-up, join, leave."""
