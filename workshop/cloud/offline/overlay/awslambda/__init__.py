"""Corrections to moto's Lambda.

Named as moto names it: `lambda` is a keyword of Python and cannot be imported.
"""
