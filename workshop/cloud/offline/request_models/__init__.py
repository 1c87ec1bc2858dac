"""Requests are checked against the models of their operations before moto sees them."""
