"""Corrections to moto's EventBridge."""
