"""The functions of scipy.special, by the names they have there: the same ones as in dualgrad itself."""

from __future__ import annotations

from dualgrad.array import public

__all__ = (
    "airy beta betainc betaincc betaincinv betaln binom boxcox boxcox1p cbrt cosm1 dawsn digamma ellipe ellipk entr "
    "erf erfc erfcinv erfcx erfi erfinv exp1 exp10 exp2 expi expit expm1 expn exprel factorial fresnel gamma "
    "gammainc gammaincc gammainccinv gammaincinv gammaln gammasgn huber hyp0f1 hyp1f1 hyp2f1 i0 i0e i1 i1e "
    "inv_boxcox inv_boxcox1p iv ive j0 j1 jn jv k0 k0e k1 k1e kl_div kn kv kve log1p log_expit log_ndtr log_softmax "
    "loggamma logit logsumexp multigammaln ndtr ndtri ndtri_exp owens_t poch polygamma powm1 pseudo_huber psi "
    "rel_entr rgamma shichi sici sinc softmax softplus spence wofz xlog1py xlogy y0 y1 yn yv zeta"
).split()
globals().update({name: public()[name] for name in __all__})
