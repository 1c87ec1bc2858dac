"""What judges a pipeline: why a total is wrong, and whether an exercise is done."""
