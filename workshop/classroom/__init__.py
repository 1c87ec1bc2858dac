"""The class board: what learners report, where the instructor sees it, and what is said between the two."""
