"""Corrections to moto's S3."""
