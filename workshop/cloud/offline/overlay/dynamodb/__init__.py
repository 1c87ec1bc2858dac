"""Corrections to moto's DynamoDB and DynamoDB Streams."""
