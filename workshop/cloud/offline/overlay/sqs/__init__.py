"""Corrections to moto's SQS."""
