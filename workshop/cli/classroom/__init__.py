"""The commands of a class: its board, and joining one."""
