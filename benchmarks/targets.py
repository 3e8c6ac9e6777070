"""What was asked of dualgrad on each task, as ratios to hand-written NumPy, and what bounds it where it falls short."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """The most that a ratio may be; ``bound`` says what keeps it from being smaller."""

    eager: float
    compiled: float | None = None
    memory: float = 1.2  # of hand-written NumPy's peak
    bound: str = ""


PASSES = "the number of passes over memory: each op reads and writes whole arrays, where the hand-written form "
CALLS = (
    "the interpreter: 0.5 to 0.9 µs to record an op on small arrays, and about as much to go back through it, beside "
)

TARGETS = {
    "scalar_chain": Target(10, bound=CALLS + "NumPy's own 0.1 µs for a product of two numbers"),
    "small_tensors": Target(
        1.85, bound=CALLS + "1.4 µs of NumPy's on 8x8; tanh' takes three calls, not two, for its tail"
    ),
    "mlp_f64": Target(
        1.06,
        bound="biases, relu and the loss, whose results are arrays of their own; by hand they are in place",
    ),
    "mlp_f32": Target(1.10, bound="the same as for float64, against products that take half the time"),
    "elementwise20": Target(
        1.10, 0.7, bound="tanh' by cosh, exact in the tails, where the hand-written form has 1 - t²"
    ),
    "rosenbrock": Target(2.0, 0.8, 2.0, bound=PASSES + "has 9 of them in place, this 17"),
    "gmm": Target(1.3, 1.0, bound=PASSES + "has 6 of them over 4 MB, this 15, with as many products"),
    "lstm": Target(1.6, bound=CALLS + "NumPy's; and a sigmoid that keeps its tail takes twice the passes"),
    "mix": Target(1.15, 1.0, bound=PASSES + "standardises in closed form, which takes half of them"),
    "linalg": Target(
        1.05, bound="NumPy has no triangular solve and gives no factors away: S is factored again going back"
    ),
    "hvp50": Target(12, bound=CALLS + "17 µs of NumPy's in all; 16 ops, each gone through three times"),
    "hessian50": Target(15, bound=CALLS + "27 µs of NumPy's in all; 50 directions at once, the zeros among them too"),
    "jacobian100": Target(10, bound=CALLS + "17 µs of NumPy's in all"),
}
