"""The gate for the exercises of notebooks in which handlers are repaired.

Its cases are those of `gate_cases`.
"""

from tests.course.gate.gate_bench import exercises_of
from tests.course.gate.gate_cases import (
    begin,
    open_one,
    pytest_generate_tests,
    test_a_starter_is_neither_passed_nor_broken,
    test_each_wrong_answer_hears_what_was_observed,
    test_the_solution_passes_twice_in_a_row,
)

__all__ = [
    "EXERCISES",
    "begin",
    "open_one",
    "pytest_generate_tests",
    "test_a_starter_is_neither_passed_nor_broken",
    "test_each_wrong_answer_hears_what_was_observed",
    "test_the_solution_passes_twice_in_a_row",
]

EXERCISES = exercises_of("09", "10")
