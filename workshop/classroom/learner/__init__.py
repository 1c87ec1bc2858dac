"""A learner in a class: what is reported to the board, kept until it arrives, and what the board says."""
