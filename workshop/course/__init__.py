"""The course: exercises, questions, and the trials that judge answers."""
