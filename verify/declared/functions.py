"""The functions that a declared expression may call: those of NumPy and SciPy that compute and do nothing else.

>>> HOME["log1p"], HOME["solve"], "load" in HOME
('np', 'np.linalg', False)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

# ---- none of these reads a file, calls back, writes into an argument or allocates by a number it is given ----

_HOMES: Mapping[str, str] = {
    "": "len",
    "np": """
        abs absolute add arccos arccosh arcsin arcsinh arctan arctan2 arctanh average broadcast_arrays cbrt clip
        concatenate conj conjugate copysign cos cosh cross cumprod cumsum deg2rad diag diagonal diff divide dot einsum
        equal exp exp2 expand_dims expm1 fabs flip flipud fliplr float_power fmax fmin full_like greater greater_equal
        heaviside hypot imag inner kron less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and
        logical_not logical_or matmul max maximum mean min minimum moveaxis multiply nan_to_num negative not_equal
        ones_like outer positive power prod ptp rad2deg ravel real reciprocal reshape rint roll rot90 sign sin sinc sinh
        sort sqrt square squeeze stack std subtract sum swapaxes take tan tanh tensordot trace transpose trapezoid tril
        triu true_divide unwrap var vdot where zeros_like
    """,
    "np.linalg": "cholesky cond det eigh eigvalsh inv matrix_norm norm pinv qr slogdet solve svd svdvals vector_norm",
    "special": """
        beta betaln digamma entr erf erfc erfcinv erfcx erfinv exp1 expi expit gamma gammainc gammaincc gammaln hyp2f1
        i0 i0e i1 i1e iv j0 j1 jv kl_div kv log_expit log_ndtr log_softmax logit logsumexp ndtr ndtri polygamma psi
        rel_entr softmax spence xlog1py xlogy y0 y1 yv zeta
    """,
}
HOME: Mapping[str, str] = MappingProxyType({name: home for home, names in _HOMES.items() for name in names.split()})

METHODS = frozenset(
    "clip conj cumprod cumsum dot max mean min prod ravel reshape squeeze std sum trace transpose var".split()
)
ATTRIBUTES = frozenset("T imag ndim real shape size".split())
CONSTANTS: Mapping[str, float] = MappingProxyType({"pi": np.pi, "e": np.e})
