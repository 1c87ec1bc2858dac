"""The gate for the exercises of notebooks in which handlers are repaired.

Its cases are those of `gate_cases`.
"""

from tests.course.gate.gate_bench import exercises_of
from tests.course.gate.gate_cases import *  # noqa: F403 - its fixtures and cases

EXERCISES = exercises_of("09", "10")
