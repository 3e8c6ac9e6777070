"""The words of generated programs: what each is in NumPy, by a template of its operands and static arguments."""

from __future__ import annotations

POINTWISE = (
    "sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh exp expm1 exp2 log log1p log2 log10 "
    "sqrt cbrt square reciprocal abs sign floor ceil rint"
).split()
PAIRS = "maximum minimum arctan2 hypot logaddexp power heaviside".split()
REDUCTIONS = "sum mean max min prod".split()
_OPERATORS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "matmul": "@", "greater": ">", "less": "<",
    "greater_equal": ">=", "less_equal": "<=", "equal": "==", "not_equal": "!=",
}  # fmt: skip

WORDS: dict[str, str] = {
    **{word: f"np.{word}({{0}})" for word in POINTWISE},
    **{word: f"np.{word}({{0}}, {{1}})" for word in PAIRS},
    **{word: f"{{0}} {sign} {{1}}" for word, sign in _OPERATORS.items()},
    **{word: f"np.{word}({{0}}, axis={{axis}}, keepdims={{keepdims}})" for word in REDUCTIONS},
    "negative": "-{0}",
    "tanh_slope": "1 / np.cosh({0}) ** 2",
    "power_constant": "{0} ** {exponent}",
    "where": "np.where({0}, {1}, {2})",
    "clip": "np.clip({0}, {1}, {2})",
    "logical_and": "np.logical_and({0}, {1})",
    "logical_or": "np.logical_or({0}, {1})",
    "logical_not": "np.logical_not({0})",
    "var": "np.var({0}, axis={axis}, keepdims={keepdims})",
    "std": "np.std({0}, axis={axis}, keepdims={keepdims})",
    "cumsum": "np.cumsum({0}, axis={axis})",
    "cumprod": "np.cumprod({0}, axis={axis})",
    "reshape": "np.reshape({0}, {shape})",
    "broadcast_to": "np.broadcast_to({0}, {shape})",
    "transpose": "np.transpose({0}, {axes})",
    "flip": "np.flip({0}, {axis})",
    "zeros_like": "np.zeros_like({0})",
    "ones_like": "np.ones_like({0})",
    "full_like": "np.full_like({0}, {fill_value})",
    "copy": "np.copy({0})",
    "to_float": "{0}.astype(np.float64)",
    "to_float32": "{0}.astype(np.float32).astype(np.float64)",
    "getitem": "{0}[{key}]",
    "put": "{out} = np.zeros({shape})\n{out}[{key}] = {0}",
    "add_at": "{out} = np.zeros({shape})\nnp.add.at({out}, ({key},), {0})",
    "setitem": "{out} = np.array({0})\n{out}[{key}] = {1}",
    "concatenate": "np.concatenate(({all},), axis={axis})",
    "roll": "np.roll({0}, {shift}, {axis})",
    "tril": "np.tril({0}, {k})",
    "triu": "np.triu({0}, {k})",
    "diagonal": "np.diagonal({0})",
    "diag": "np.diag({0})",
    "eye": "np.eye({size})",
    "trace": "np.trace({0})",
    "outer": "np.outer({0}, {1})",
    "einsum": "np.einsum({subscripts!r}, {all})",
    "inv": "np.linalg.inv({0})",
    "det": "np.linalg.det({0})",
    "logabsdet": "np.linalg.slogdet({0})[1]",
    "signdet": "np.linalg.slogdet({0})[0]",
    "cofactor": "np.linalg.det({0}) * np.linalg.inv({0}).T",
    "solve_matrix": "np.linalg.solve({0}, {1})",
    "cholesky": "np.linalg.cholesky({0})",
}
