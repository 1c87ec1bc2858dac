"""Displays: what the session shows, each with its plain-text twin."""
