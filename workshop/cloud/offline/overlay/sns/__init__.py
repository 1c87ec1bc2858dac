"""Corrections to moto's SNS."""
