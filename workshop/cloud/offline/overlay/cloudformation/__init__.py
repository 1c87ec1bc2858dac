"""Corrections to moto's CloudFormation."""
