"""What learners open, made from `solutions/`: starters in `lambdas/`, notebooks in `notebooks/`."""
