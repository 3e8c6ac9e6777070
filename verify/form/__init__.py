"""The index normal form: the reading that decides, for every value and every size. Its door is ``verify.form.prove``."""
