"""Corrections to moto's CloudWatch."""
