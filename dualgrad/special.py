"""The functions of scipy.special, by the names they have there: the same ones as in dualgrad itself."""

from __future__ import annotations

from dualgrad.array import public

__all__ = (
    "beta betainc betaln digamma entr erf erfc erfcinv erfcx erfinv expit expm1 gamma gammainc gammaincc gammaln "
    "gammasgn huber hyp1f1 i0 i0e i1 i1e iv ive j0 j1 jn jv k0 k1 kl_div kv log1p log_expit log_ndtr log_softmax "
    "logit logsumexp multigammaln ndtr ndtri polygamma pseudo_huber psi rel_entr rgamma sinc softmax xlog1py xlogy "
    "y0 y1 yn yv"
).split()
globals().update({name: public()[name] for name in __all__})
