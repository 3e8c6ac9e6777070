"""Pairs of scalar expressions that are equal, each proved, and pairs that are not, none proved."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from dualgrad.program.entry import Element, entry, kernel, positive, select, zero
from verify.tower.decide import decide
from verify.tower.equal import equal
from verify.tower.export import spelled, spelled_nodes
from verify.tower.nodes import Nodes
from verify.trusted import tower
from verify.trusted.terms import Refused

x, y, z, w = (Element(k, ()) for k in range(4))
HALF = Fraction(1, 2)


def exp(u):
    return kernel("exp", u)


def log(u):
    return kernel("log", u)


def tanh(u):
    return kernel("tanh", u)


def sin(u):
    return kernel("sin", u)


def cos(u):
    return kernel("cos", u)


def sqrt(u):
    return entry(u) ** HALF


def sigmoid(u):
    return 1 / (1 + exp(-u))


def absolute(u):
    return select(positive(u), u, -u)


def sign(u):
    return positive(u) - positive(-u)


def relu(u):
    return positive(u) * u


def maximum(u, v):
    return select(positive(u - v), u, v)


def minimum(u, v):
    return select(positive(v - u), u, v)


def softplus(u):
    return log(1 + exp(u))


def softplus_stable(u):
    return maximum(u, entry(0)) + log(1 + exp(-absolute(u)))


def total(parts):
    first, *rest = parts
    for part in rest:
        first = first + part
    return first


def gelu(u, c=Fraction(4, 5), a=Fraction(44715, 1000000)):
    return HALF * u * (1 + tanh(c * (u + a * u**3)))


def gelu_slope(u, c=Fraction(4, 5), a=Fraction(44715, 1000000)):
    t = tanh(c * (u + a * u**3))
    return HALF * (1 + t) + HALF * u * (1 - t**2) * c * (1 + 3 * a * u**2)


def gelu_by_exp(u, c=Fraction(4, 5), a=Fraction(44715, 1000000)):
    """The same slope through u · sigmoid(2 c (u + a u³))."""
    s = sigmoid(2 * c * (u + a * u**3))
    return s + u * s * (1 - s) * 2 * c * (1 + 3 * a * u**2)


V = [x, y, z, w]
MEAN = total(V) * Fraction(1, 4)
VAR = total([(v - MEAN) ** 2 for v in V]) * Fraction(1, 4)


def layernorm_slope(k, weights=(1, 2, 3, 5), full=True):
    """∂/∂v_k Σ_i w_i (v_i - mean) / sqrt(var + e), term by term and by the closed form."""
    s = VAR + Fraction(1, 1000)
    direct = total(
        [
            weight * ((int(i == k) - Fraction(1, 4)) * s ** (-HALF) + (v - MEAN) * (-HALF) * s ** Fraction(-3, 2)
                      * (2 * Fraction(1, 4)) * (V[k] - MEAN))
            for i, (v, weight) in enumerate(zip(V, weights, strict=True))
        ]
    )  # fmt: skip
    h = [(v - MEAN) * s ** (-HALF) for v in V]
    mean_w = Fraction(sum(weights), 4)
    mean_wh = total([weight * one for weight, one in zip(weights, h, strict=True)]) * Fraction(1, 4)
    closed = (weights[k] - mean_w - (h[k] * mean_wh if full else 0)) * s ** (-HALF)
    return direct, closed


def cross_entropy_slope(complete=True):
    """∂/∂x -Σ y_i (z_i - log Σ exp z) for constant y of sum 7, and softmax · Σ y - y."""
    sums = total([exp(v) for v in V])
    weights = (1, 2, 0, 4)
    direct = -weights[0] + 7 * exp(x) / sums
    return direct, exp(x) / sums * (7 if complete else 1) - weights[0]


def network_slope(factor=2):
    """∂/∂w of (tanh(w y + z) - x)², and with the factor 2 as given."""
    t = tanh(w * y + z)
    e2 = exp(2 * (w * y + z))
    return 2 * (t - x) * (1 - t**2) * y, factor * (t - x) * 4 * e2 / (1 + e2) ** 2 * y


def moment(n):
    return total([(v - MEAN) ** n for v in V])


LAYERNORM = layernorm_slope(0)

# The 23 pairs of the trial, then more. Each: two expressions, and the signs of x, y, z, w.
EQUAL = {
    "sigmoid'": (exp(-x) / (1 + exp(-x)) ** 2, sigmoid(x) * (1 - sigmoid(x)), ""),
    "tanh'": (1 - tanh(x) ** 2, 4 / (exp(x) + exp(-x)) ** 2, ""),
    "tanh = 2 sigmoid(2x) - 1": (tanh(x), 2 * sigmoid(2 * x) - 1, ""),
    "sin² + cos²": (sin(x) ** 2 + cos(x) ** 2, entry(1), ""),
    "sin(x+y) cos(x-y)": (sin(x + y) * cos(x - y), HALF * (sin(2 * x) + sin(2 * y)), ""),
    "√(1 - cos²) = |sin|": (sqrt(1 - cos(x) ** 2), absolute(sin(x)), ""),
    "√(1 - cos²) of a multiple": (sqrt(4 - 4 * cos(2 * x) ** 2), 4 * absolute(sin(x) * cos(x)), ""),
    "1 / (1 - cos²)³ᐟ²": ((1 - cos(x * y) ** 2) ** Fraction(-3, 2), absolute(sin(x * y)) ** -3, ""),
    "sin / √(1 - cos²), off its zeros": (sin(x) * (1 - cos(x) ** 2) ** -HALF, sign(sin(x)) / sign(sin(x)) ** 2, ""),
    "logsumexp shifted": (log(exp(x) + exp(y)), z + log(exp(x - z) + exp(y - z)), ""),
    "softmax shifted": (exp(x) / (exp(x) + exp(y)), exp(x - z) / (exp(x - z) + exp(y - z)), ""),
    "relu = (x + |x|)/2": (relu(x), HALF * (x + absolute(x)), ""),
    "max = (x + y + |x-y|)/2": (maximum(x, y), HALF * (x + y + absolute(x - y)), ""),
    "softplus'": (exp(x) / (1 + exp(x)), sigmoid(x), ""),
    "log of a quotient": (log(x / y), log(x) - log(y), "++"),
    "log of a sigmoid": (log(sigmoid(x)), -softplus(-x), ""),
    "cross entropy, stable": (
        maximum(x, entry(0)) - x * y + log(1 + exp(-absolute(x))),
        -y * log(sigmoid(x)) - (1 - y) * log(1 - sigmoid(x)),
        "",
    ),
    "asinh'": ((1 + x / sqrt(x**2 + 1)) / (x + sqrt(x**2 + 1)), 1 / sqrt(x**2 + 1), ""),
    "p exp(a log p)": (x * exp(y * log(x)), exp((y + 1) * log(x)), "+"),
    "gelu'": (gelu_slope(x), gelu_by_exp(x), ""),
    "layer norm, n = 4": (*LAYERNORM, ""),
    "softmax cross entropy, n = 4": (*cross_entropy_slope(), ""),
    "network, dw": (*network_slope(), ""),
    "sqrt(x²) = |x|": (sqrt(x**2), absolute(x), ""),
    "x / norm": (x / sqrt(x**2 + y**2 + 1), x * sqrt(x**2 + y**2 + 1) / (x**2 + y**2 + 1), ""),
    "sqrt p sqrt q": (sqrt(x) * sqrt(y), sqrt(x * y), "++"),
    "d logdet, 2 x 2": (w / (x * w - y * z), 1 / (x - y * z / w), "rrr!"),
    # more
    "softplus, stable": (softplus(x), softplus_stable(x), ""),
    "softplus from the other side": (softplus(x), x + softplus(-x), ""),
    "sigmoid by cases": (sigmoid(x), select(positive(x), sigmoid(x), exp(x) / (1 + exp(x))), ""),
    "max(x, |x|) = |x|": (maximum(x, absolute(x)), absolute(x), ""),
    "max(max(x, y), z)": (maximum(maximum(x, y), z), maximum(x, maximum(y, z)), ""),
    "min and max": (minimum(x, y) + maximum(x, y), x + y, ""),
    "min times max": (minimum(x, y) * maximum(x, y), x * y, ""),
    "clip": (minimum(maximum(x, entry(-1)), entry(1)), maximum(minimum(x, entry(1)), entry(-1)), ""),
    "huber'": (
        select(positive(1 - absolute(x)), x, sign(x)),
        minimum(maximum(x, entry(-1)), entry(1)),
        "",
    ),
    "|xy| = |x||y|": (absolute(x * y), absolute(x) * absolute(y), ""),
    "sign(x) |x| = x": (sign(x) * absolute(x), x, ""),
    "x = 0 or not": (zero(x) + positive(x) + positive(-x), entry(1), ""),
    "pseudo-huber": (4 * (sqrt(1 + (x / 2) ** 2) - 1), 2 * (sqrt(4 + x**2) - 2), ""),
    "log cosh": (log(kernel("cosh", x)), x + log(1 + exp(-2 * x)) - log(2), ""),
    "double angle": (sin(2 * x), 2 * sin(x) * cos(x), ""),
    "triple angle": (cos(3 * x), 4 * cos(x) ** 3 - 3 * cos(x), ""),
    "half angle": (1 - cos(x), 2 * sin(HALF * x) ** 2, ""),
    "tan'": (1 + kernel("tan", x) ** 2, 1 / cos(x) ** 2, ""),
    "hyperbolic": (kernel("cosh", 2 * x), 1 + 2 * kernel("sinh", x) ** 2, ""),
    "tanh(x + y)": (tanh(x + y), (tanh(x) + tanh(y)) / (1 + tanh(x) * tanh(y)), ""),
    "log(x² y / (x + y))": (log(x**2 * y / (x + y)), 2 * log(x) + log(y) - log(x + y), "++"),
    "log 12": (log(12), 2 * log(2) + log(3), ""),
    "sqrt 12": (sqrt(12), 2 * sqrt(3), ""),
    "log sqrt": (log(sqrt(x)), HALF * log(x), "+"),
    "sqrt of exp": (sqrt(exp(x)), exp(HALF * x), ""),
    "exp of log": (exp(Fraction(3, 2) * log(x)), x * sqrt(x), "+"),
    "nested root": (sqrt(x**2 + 2 * x * y + y**2), x + y, "++"),
    "root in a denominator": (1 / (sqrt(x) + sqrt(y)) * (x - y), sqrt(x) - sqrt(y), "++"),
    "cube root": (entry(8 * x**3) ** Fraction(1, 3), 2 * x, "+"),
    "mish by exp": (tanh(softplus(x)), (exp(x) ** 2 + 2 * exp(x)) / (exp(x) ** 2 + 2 * exp(x) + 2), ""),
    "erf is odd": (kernel("erf", x - y), -kernel("erf", y - x), ""),
    "an unknown function": (kernel("digamma", (x**2 - 1) / (x + 1) + 2), kernel("digamma", x + 1), "++"),
    "central moment": (moment(2) * 4, 4 * total([v**2 for v in V]) - total(V) ** 2, ""),
    "log |x| by cases": (select(zero(x), 0, log(x**2)), select(zero(x), 0, 2 * log(absolute(x))), ""),
    "exp(-|x|)": (exp(-absolute(x)), select(positive(x), exp(-x), exp(x)), ""),
    "relu²": (relu(x) ** 2, relu(x) * x, ""),
    "relu of a multiple": (relu(3 * x), 3 * relu(x), ""),
    "relu in another scale": (relu(x * y), y * relu(x), "r+"),
}

UNEQUAL = {
    "√(1 - cos²) = sin": (sqrt(1 - cos(x) ** 2), sin(x), ""),
    "sin / √(1 - cos²) = sign(cos)": (sin(x) * (1 - cos(x) ** 2) ** -HALF, sign(cos(x)), ""),
    "√(1 + cos²) = |sin|": (sqrt(1 + cos(x) ** 2), absolute(sin(x)), ""),
    "√((1 - cos) (1 + cos)²) = |sin|": (sqrt((1 - cos(x)) * (1 + cos(x)) ** 2), absolute(sin(x)), ""),
    "sigmoid' without the factor": (exp(-x) / (1 + exp(-x)) ** 2, 1 - sigmoid(x) ** 2, ""),
    "tanh' without the square": (1 - tanh(x) ** 2, 1 - tanh(x), ""),
    "layer norm without a term": (*layernorm_slope(0, full=False), ""),
    "softmax cross entropy without Σ y": (*cross_entropy_slope(complete=False), ""),
    "sqrt(x²) = x": (sqrt(x**2), x, ""),
    "smoothed sign": (x / sqrt(x**2 + Fraction(1, 10**12)), sign(x), ""),
    "atan x + atan 1/x = pi/2": (kernel("arctan", x) + kernel("arctan", 1 / x), 2 * kernel("arctan", 1), "!"),
    "x² + 1e-30 sin x": (x**2, x**2 + Fraction(1, 10**30) * sin(x), ""),
    "relu with a threshold of 1e-3": (relu(x), x * positive(x - Fraction(1, 1000)), ""),
    "log(x²) = 2 log x": (log(x**2), 2 * log(x), ""),
    "network without the factor 2": (*network_slope(factor=1), ""),
    # more
    "sqrt(ab) = sqrt a sqrt b": (sqrt(x * y), sqrt(x) * sqrt(y), ""),
    "log x = log(-x)": (log(x), log(-x), ""),
    "log(ab) = log a + log b": (log(x * y), log(x) + log(y), ""),
    "c/c for a hidden zero": ((sin(x) ** 2 + cos(x) ** 2 - 1) / (sin(x) ** 2 + cos(x) ** 2 - 1), entry(1), ""),
    "c/c for a cell": (x / x, entry(1), ""),
    "0/0 = 0/0": (1 / (x - x), 2 / (x - x), ""),
    "an empty domain": (log(x) + log(-x), entry(5), ""),
    "an empty domain, on both sides": (log(x) + log(-x), 5 + log(x) + log(-x), ""),
    "|x| = x": (absolute(x), x, ""),
    "sign at zero": (sign(x), 2 * positive(x) - 1, ""),
    "max on a tie": (positive(x - y) * 3, 3 - 3 * positive(y - x), ""),
    "exp(x) exp(y) = exp(xy)": (exp(x) * exp(y), exp(x * y), ""),
    "cube root of a cube": (entry(x**6) ** Fraction(1, 6), x, ""),
    "sin is not its angle": (sin(x), x, ""),
    "sin and cos": (sin(x), cos(x), ""),
    "sin² - cos²": (sin(x) ** 2 - cos(x) ** 2, entry(1), ""),
    "tanh and sigmoid": (tanh(x), 2 * sigmoid(x) - 1, ""),
    "an exponent of 2.0004": (x ** Fraction(10002, 5000), x**2, "+"),
    "3.14159 for a root": (sqrt(10), entry(Fraction(314159, 100000)), ""),
    "two unknown functions": (kernel("erf", x), kernel("erf", y), ""),
    "erf is not even": (kernel("erf", -x), kernel("erf", x), ""),
    "a root of another": (sqrt(x + y), sqrt(x) + sqrt(y), "++"),
    "log of a sum": (log(x + y), log(x) + log(y), "++"),
    "huber with another threshold": (
        select(positive(1 - absolute(x)), x, sign(x)),
        minimum(maximum(x, entry(-2)), entry(2)),
        "",
    ),
    "equal at one point": (zero(x) * 3, zero(x) * 4, ""),
    "softplus of the other sign": (softplus(x), softplus_stable(-x), ""),
    "a region of width 1e-9": (positive(x) - positive(x - Fraction(1, 10**9)), entry(0), ""),
    "max of other arguments": (maximum(maximum(x, y), z), maximum(maximum(x, y), y), ""),
}
SIGNS = {"+": "positive", "!": "nonzero", "0": "nonnegative", "r": "real"}


def signs(text):
    return [SIGNS[one] for one in text.ljust(4, "r")]


@pytest.mark.parametrize("name", EQUAL)
def test_equal(name):
    a, b, known = EQUAL[name]
    found = equal(a, b, signs(known))
    assert found.proved, (found.reason, found.where)


@pytest.mark.parametrize("name", UNEQUAL)
def test_unequal(name):
    a, b, known = UNEQUAL[name]
    assert not equal(a, b, signs(known)).proved


@pytest.mark.parametrize("name", EQUAL)
def test_a_small_change_is_seen(name):
    a, b, known = EQUAL[name]
    assert not equal(a, b + Fraction(1, 10**40), signs(known)).proved
    assert not equal(a * (1 + Fraction(1, 10**40)) + x * Fraction(1, 10**40), b, signs(known)).proved


# ---------------------------------------------------------------------------- certificates


def claim(a, b, known):
    nodes = Nodes()
    slots = [nodes.variable(sign) for sign in known]
    facts = [*nodes.conditions(a, slots), *nodes.conditions(b, slots)]
    at = nodes.subtract(nodes.entry(a, slots), nodes.entry(b, slots))
    return nodes.nodes[: at + 1], nodes.signs, facts


def proof_of(name):
    a, b, known = EQUAL[name]
    nodes, variables, facts = claim(a, b, signs(known))
    found = decide(nodes, variables, facts)
    assert found.proved, found.reason
    return json.loads(json.dumps([spelled_nodes(nodes), variables, facts, spelled(found)]))


@pytest.mark.parametrize("name", EQUAL)
def test_a_proof_is_accepted(name):
    tower.zero(*proof_of(name))


@pytest.mark.parametrize("name", EQUAL)
def test_the_proof_of_another_claim_is_refused(name):
    nodes, variables, facts, proof = proof_of(name)
    last = len(nodes) - 1
    nodes = [*nodes, ["num", "1/1000000000000"], ["add", last, last + 1]]
    with pytest.raises(Refused):
        tower.zero(nodes, variables, facts, proof)
