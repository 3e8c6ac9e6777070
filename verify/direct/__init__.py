"""Derivatives of functions that cannot be recorded: the function is run as it stands, on numbers that carry slopes."""
