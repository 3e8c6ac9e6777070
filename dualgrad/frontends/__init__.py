"""Other people's programs: how a plain NumPy function becomes a recorded program."""
