"""The gate for the exercises of the first notebooks, in which the pipeline is connected.

Its cases are those of `gate_cases`.
"""

from tests.course.gate.gate_bench import exercises_of
from tests.course.gate.gate_cases import *  # noqa: F403 - its fixtures and cases

EXERCISES = exercises_of("00", "01", "02", "03", "04", "05", "06")
