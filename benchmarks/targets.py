"""What was asked of dualgrad on each task, as ratios to hand-written NumPy, and what bounds it where it falls short."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """The most that a ratio may be; ``bound`` and ``holds`` say what keeps time and memory from being less."""

    eager: float
    compiled: float | None = None
    memory: float = 1.2  # of hand-written NumPy's peak
    bound: str = ""
    holds: str = ""  # what memory is held for


TARGETS = {
    "scalar_chain": Target(
        10,
        bound="the interpreter: what runs for each node, forward and back, beside one sum or product of two numbers",
        holds="It is a graph of 10,000 nodes; by hand two lists of numbers",
    ),
    "small_tensors": Target(
        1.85, bound="tanh' takes seven calls of NumPy's for its tail, by hand two; and the interpreter"
    ),
    "mlp_f64": Target(
        1.06,
        bound="the loss, on 128 x 10 numbers, is most of its nodes and none of its arithmetic; what it runs has left "
        "the cache after each of the large products",
    ),
    "mlp_f32": Target(1.10, bound="the same as for float64, against products that take half the time"),
    "elementwise20": Target(1.10, 0.7, bound="tanh' from the exponential, exact in the tails: by hand it is 1 - t²"),
    "rosenbrock": Target(
        2.0, 0.8, 2.0, bound="an op is a pass over 8 MB; by hand two products of vectors take the place of four passes"
    ),
    "gmm": Target(
        1.3,
        1.0,
        bound="the program multiplies by the factor's diagonal and by its rest, over 4 MB each; by hand they are one",
        holds="The expression for lx needs three arrays of 4 MB at once: diff, and the two products that it adds",
    ),
    "lstm": Target(
        1.6,
        bound="each step multiplies by the weights on its own, by hand all inputs and all gradients of weights are one "
        "product each; what is kept of a step, 8 MB in all, has left the cache when it is read again; and the "
        "interpreter, 2 µs a node and more where axes are summed and slices put back",
    ),
    "mix": Target(
        1.15,
        1.0,
        bound="by hand the standardisation is in closed form, tanh' is 1 - t², and of the largest of a row there is "
        "one; here ties share, compiled too",
        holds="What the program has names for, z and zc among them, stays until it returns",
    ),
    "linalg": Target(
        1.05,
        bound="NumPy has no triangular solve and gives no factors away: the triangle is inverted, and S is factored "
        "again going back; S is A Aᵀ, whose two slots take a product each, by hand one",
    ),
    "hvp50": Target(
        12, bound="the interpreter: each node is gone through forward, along the tangent, and back with its own"
    ),
    "hessian50": Target(15, bound="the interpreter, and all 50 directions at once, the zeros among them too"),
    "jacobian100": Target(10, bound="the interpreter"),
}
