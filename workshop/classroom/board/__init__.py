"""The board: what a class has done so far, kept in one file and shown on pages."""
