"""The index normal form: the reading that decides, for every value and every size."""

from verify.form.facts import Facts
from verify.form.proof import Failure, Proof
from verify.form.prove import prove_gradient
from verify.form.setting import Budget

__all__ = ["Budget", "Facts", "Failure", "Proof", "prove_gradient"]
