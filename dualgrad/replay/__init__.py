"""Compiling: a function recorded once for its shapes and dtypes, then replayed as generated NumPy code."""
