"""The index normal form: the reading that decides, for every value and every size; its door is ``prove``."""
