"""Trials: handler files and policies tried on a stack of their own."""
