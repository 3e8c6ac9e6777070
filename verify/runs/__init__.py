"""Runs of many cases: their settings, their gate, and what is remembered of them."""
