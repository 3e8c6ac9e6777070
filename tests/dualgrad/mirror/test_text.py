"""What is printed is what is meant: the Unicode text is read back by a small parser, and evaluated."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from scipy import special

import dualgrad as dg
from dualgrad.mirror import Formula, Mirror, point

SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+−aehijklmnoprstuvx", strict=True))
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))
FUNCTIONS = {
    **{name: getattr(np, name) for name in "exp log sin cos tan sinh cosh tanh arcsin arctan sign floor".split()},
    "max": max,
    "min": min,
    "erf": special.erf,
    "erfc": special.erfc,
    "erfinv": special.erfinv,
    "log Γ": special.gammaln,
    "ψ": special.digamma,
}
BIG = {"Σ": math.fsum, "Π": math.prod, "max": max, "min": min}
TOKEN = re.compile(
    r"\s*(?P<number>\d+(\.\d+)?(e-?\d+)?)|\s*(?P<big>[ΣΠ]|(max|min)(?=[ᵢⱼₖₗ\[]))"
    r"|\s*(?P<word>log Γ|[πδψ]|[A-Za-z][A-Za-z0-9]*\u0304?)"
    r"|\s*(?P<sign>[-+−/√()\[\]{},^|<>≤≥=≠])"
)
Value = Callable[[dict[str, int]], float]


class Parser:
    """Sum, product, power, atom; a Σ reaches to the end of its product, a quotient divides by one atom."""

    def __init__(self, text: str, arrays: Mapping[str, np.ndarray[Any, Any]], sizes: Mapping[str, int]) -> None:
        self.text, self.place, self.arrays, self.sizes = text, 0, arrays, sizes
        self.ranges: dict[str, Any] = {}
        self.bars = 0

    def peek(self, kind: str, *wanted: str) -> bool:
        match = TOKEN.match(self.text, self.place)
        return match is not None and match[kind] is not None and (not wanted or match[kind] in wanted)

    def take(self, kind: str, *wanted: str) -> str:
        assert self.peek(kind, *wanted), f"expected {wanted or kind} at {self.text[self.place :]!r}"
        match = TOKEN.match(self.text, self.place)
        assert match is not None
        self.place = match.end()
        return match[kind]

    def accept(self, *signs: str) -> str:
        return self.take("sign", *signs) if self.peek("sign", *signs) else ""

    def script(self, table: Mapping[str, str]) -> str:
        start = self.place
        while self.place < len(self.text) and self.text[self.place] in table:
            self.place += 1
        return "".join(table[character] for character in self.text[start : self.place])

    def sum(self) -> Value:
        negative = bool(self.accept("−"))
        terms = [(negative, self.product())]
        while sign := self.accept("+", "−"):
            terms.append((sign == "−", self.product()))
        return lambda at: sum((-term(at) if minus else term(at)) for minus, term in terms)

    def product(self) -> Value:
        factors = [(False, self.power())]
        while True:
            if self.accept("/"):
                factors.append((True, self.power()))
            elif any(map(self.peek, ("number", "big", "word"))) or self.peek(
                "sign", *("√([{" if self.bars else "√([{|")
            ):
                if self.peek("word", "if"):
                    break
                factors.append((False, self.power()))
            else:
                break

        def value(at: dict[str, int]) -> float:
            conditions = [f for _, f in factors if getattr(f, "is_condition", False)]
            if not all(condition(at) for condition in conditions):
                return 0.0
            return math.prod(1 / factor(at) if below else factor(at) for below, factor in factors)

        return value

    def opening(self) -> str:
        return "√([{" if self.bars else "√([{|"

    def power(self) -> Value:
        base = self.atom()
        digits = self.script(SUPERSCRIPTS)
        if digits:
            return lambda at: base(at) ** int(digits)
        if self.accept("^"):
            exponent = self.atom()
            return lambda at: base(at) ** exponent(at)
        return base

    def atom(self) -> Value:
        if self.peek("number"):
            number = float(self.take("number"))
            return lambda at: number
        if self.peek("big"):
            return self.reduction(self.take("big"))
        if self.accept("("):
            return self.closed(self.sum(), ")")
        if self.accept("√"):
            inner = self.atom()
            return lambda at: math.sqrt(inner(at))
        if self.accept("|"):
            self.bars += 1
            inner = self.closed(self.sum(), "|")
            self.bars -= 1
            return lambda at: abs(inner(at))
        if self.accept("["):
            return self.condition()
        if self.accept("{"):
            yes = self.sum()
            self.take("word", "if")
            test = self.comparison()
            self.take("sign", ",")
            self.take("word", "else")
            no = self.closed(self.sum(), "}")
            return lambda at: yes(at) if test(at) else no(at)
        return self.named()

    def closed(self, value: Value, sign: str) -> Value:
        self.take("sign", sign)
        return value

    def condition(self) -> Value:
        test = self.comparison()
        self.take("sign", "]")

        def value(at: dict[str, int]) -> float:
            return float(test(at))

        value.is_condition = True
        return value

    def comparison(self) -> Callable[[dict[str, int]], bool]:
        left, sign, right = self.sum(), self.take("sign", *"<>≤≥=≠"), self.sum()
        tests = {
            "<": lambda a, b: a < b,
            ">": lambda a, b: a > b,
            "≤": lambda a, b: a <= b,
            "≥": lambda a, b: a >= b,
            "=": lambda a, b: a == b,
            "≠": lambda a, b: a != b,
        }
        return lambda at: tests[sign](left(at), right(at))

    def reduction(self, kind: str) -> Value:
        letters, apart, limits = list(self.script(SUBSCRIPTS)), {}, {}
        if not letters:
            self.take("sign", "[")
            while not letters or self.accept(","):
                letters.append(self.take("word"))
                if self.accept("<"):
                    limits[letters[-1]] = self.sum()
                if self.accept("≠"):
                    apart[letters[-1]] = self.sum()
            self.take("sign", "]")
        self.ranges.update(dict.fromkeys(letters))
        body = self.product()
        found = {letter: self.ranges.pop(letter) for letter in letters}

        def value(at: dict[str, int]) -> float:
            spans = [range(int(limits[k](at)) if k in limits else found[k]) for k in letters]
            inner = [{**at, **dict(zip(letters, where, strict=True))} for where in itertools.product(*spans)]
            return BIG[kind]([body(each) for each in inner if all(each[k] != apart[k](at) for k in apart)])

        return value

    def named(self) -> Value:
        name = self.take("word")
        if name in self.arrays or name == "δ":
            return self.element(name, self.script(SUBSCRIPTS))
        if name in FUNCTIONS:
            self.take("sign", "(")
            args = [self.sum()]
            while self.accept(","):
                args.append(self.sum())
            self.take("sign", ")")
            return lambda at: float(FUNCTIONS[name](*(arg(at) for arg in args)))
        if name == "softmax":
            return self.softmax(self.script(SUBSCRIPTS))
        if name == "π":
            return lambda at: math.pi
        return lambda at: math.prod(at[letter] if letter in at else self.sizes[letter] for letter in name)

    def softmax(self, letter: str) -> Value:
        """softmaxᵢ(what depends on i), or softmax(x)ᵢ of a vector."""
        self.take("sign", "(")
        if not letter:
            name = self.take("word")
            self.take("sign", ")")
            start = self.place
            letter = self.script(SUBSCRIPTS)
            self.place = start
            body = self.element(name, self.script(SUBSCRIPTS))
            length = self.arrays[name].shape[0]
        else:
            outer = self.ranges.get(letter)
            self.ranges[letter] = None
            body = self.closed(self.sum(), ")")
            length, self.ranges[letter] = self.ranges[letter], outer or self.ranges[letter]

        def value(at: dict[str, int]) -> float:
            return math.exp(body(at)) / math.fsum(math.exp(body({**at, letter: k})) for k in range(length))

        return value

    def element(self, name: str, subscripts: str) -> Value:
        if self.place < len(self.text) and self.text[self.place] == "[" and not subscripts and name in self.arrays:
            end = self.text.index("]", self.place)
            parts = self.text[self.place + 1 : end].split(", ")
            self.place = end + 1
        elif name in self.arrays and self.arrays[name].ndim == 1:
            parts = [subscripts]
        else:
            parts = list(subscripts)
        for axis, part in enumerate(parts):
            if part in self.ranges and name in self.arrays:
                self.ranges[part] = self.arrays[name].shape[axis]
        forms = [form(part, self.sizes) for part in parts]
        if name == "δ":
            return lambda at: float(forms[0](at) == forms[1](at))
        return lambda at: float(self.arrays[name][tuple(each(at) for each in forms)])


def form(text: str, sizes: Mapping[str, int]) -> Callable[[dict[str, int]], int]:
    """i+1, n−1−i, 3i+j, mk: letters next to each other and to numbers are multiplied."""
    terms = re.findall(r"([+−]?)([^+−]+)", text)

    def value(at: dict[str, int]) -> int:
        total = 0
        for sign, term in terms:
            factors = [int(f) if f.isdigit() else at.get(f, sizes.get(f)) for f in re.findall(r"\d+|[a-zA-Z]", term)]
            total += math.prod(factors) * (-1 if sign == "−" else 1)
        return total

    return value


def value_of(line: str, arrays: Mapping[str, Any], sizes: Mapping[str, int], shape: tuple[int, ...]) -> Any:
    """The values of the right-hand side, for all values of the indices on the left."""
    head, _, text = line.partition(" = ")
    letters = [SUBSCRIPTS[character] for character in head if character in SUBSCRIPTS]
    parser = Parser(text, arrays, sizes)
    value = parser.sum()
    assert parser.place == len(text), f"left over: {text[parser.place :]!r}"
    result = np.empty(shape)
    for position in np.ndindex(shape):
        result[position] = value({k: p for k, p in zip(letters, position, strict=True) if not k.isdigit()})
    return result


def read_back(formula: Formula, mirror: Mirror) -> Any:
    where = point(mirror.reading, mirror.graph.values)
    arrays = {formula.names[number]: array.astype(float) for number, array in where.arrays.items()}
    for _, line in formula.where:
        exact = line.at({formula.names.index(name): array for name, array in arrays.items()}, where.sizes)
        arrays[line.of] = value_of(f"{line.head} = {line.text}", arrays, where.sizes, exact.shape)
    exact = formula.at(where.arrays, where.sizes).astype(float)
    return value_of(f"{formula.head} = {formula.text}", arrays, where.sizes, exact.shape), exact


def tensors() -> dict[str, Any]:
    rng = np.random.default_rng(3)
    shapes = {"x": (3,), "b": (2,), "A": (2, 3), "W1": (3, 3), "c": ()}
    return {name: dg.tensor(rng.uniform(0.2, 2, shape), requires_grad=True) for name, shape in shapes.items()}


FORMULAS: dict[str, Callable[..., Any]] = {
    "notebook": lambda x, b, A, W1, c: (3 * (A + 2) ** 2).mean(),
    "least squares": lambda x, b, A, W1, c: ((A @ x - b) ** 2).sum(),
    "quadratic form": lambda x, b, A, W1, c: x @ W1 @ x,
    "softmax": lambda x, b, A, W1, c: np.exp(x) / np.exp(x).sum(),
    "cross entropy": lambda x, b, A, W1, c: -(W1[0] * np.log(np.exp(x) / np.exp(x).sum())).sum(),
    "network": lambda x, b, A, W1, c: b @ np.tanh(A @ np.tanh(W1 @ x)) * c,
    "layer norm": lambda x, b, A, W1, c: (W1 @ ((x - x.mean()) / np.sqrt(x.var() + 1e-5))).sum(),
    "quotients": lambda x, b, A, W1, c: x / (c * x + 2) / (3 * c) - 1 / x**2 - 0.3 * c / x,
    "nested quotients": lambda x, b, A, W1, c: 1 / (1 + 1 / (1 + x / c)),
    "signs": lambda x, b, A, W1, c: -(c - x) * -x - (-c) * (x - 1.25e-7),
    "roots and powers": lambda x, b, A, W1, c: np.sqrt(x) * x**1.5 + np.sqrt(x * c + 1) ** 3 + x**c,
    "minimum and maximum": lambda x, b, A, W1, c: np.clip(x, 0.5, 1.5) * np.abs(x - c) + x.max() * x.min(),
    "product": lambda x, b, A, W1, c: x.prod() * c + A.prod(axis=1).sum(),
    "slices": lambda x, b, A, W1, c: (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(),
    "reversed": lambda x, b, A, W1, c: x[::-1] * W1[:, 0] + x[2],
    "reshaped": lambda x, b, A, W1, c: A.reshape(3, 2) @ b + A.ravel()[::2],
    "joined": lambda x, b, A, W1, c: np.concatenate([x, b, x]) ** 2,
    "running": lambda x, b, A, W1, c: np.cumsum(x) * x,
    "kernels": lambda x, b, A, W1, c: np.sin(x) * np.cosh(c * x) + np.arctan(x / c) - np.log1p(x) * np.expm1(-x),
    "broadcast": lambda x, b, A, W1, c: (A / b[:, None] - x) * b.mean(),
    "residual": lambda x, b, A, W1, c: (x + np.tanh(W1 @ (x + np.tanh(W1 @ (x + np.tanh(W1 @ x)))))).sum(),
}


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("sizes", ["given", "any"])
def test_printed_formulas_read_back_to_their_values(name: str, sizes: str) -> None:
    args = tensors()
    out = FORMULAS[name](*args.values())
    mirror = out.mirror
    names = {x._edge: label for label, x in args.items() if x._edge in mirror.graph.variables}
    mirror = Mirror(out, mirror.graph, names)
    mirror = mirror if sizes == "given" else mirror.general
    shown = [mirror.formula, *(mirror.derivative(label) for label in names.values())]
    for formula in shown:
        printed, meant = read_back(formula, mirror)
        np.testing.assert_allclose(printed, meant, rtol=1e-9, atol=1e-12, err_msg=str(formula))
