"""Corrections that concern many of moto's services alike."""
