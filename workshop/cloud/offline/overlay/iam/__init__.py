"""Corrections to moto's IAM."""
