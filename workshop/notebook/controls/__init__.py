"""Widgets, and the loops behind them."""
