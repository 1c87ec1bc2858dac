"""The sandbox in which submitted code runs: its containment, its limits, its one connection."""
