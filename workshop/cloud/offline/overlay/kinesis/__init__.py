"""Corrections to moto's Kinesis."""
