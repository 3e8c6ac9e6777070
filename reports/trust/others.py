"""The same wrong gradients given to torch.autograd.gradcheck and to HIPS' check_grads.

``python reports/trust/others.py SEED PROGRAMS`` makes the programs and mutants of ``python -m verify.campaign faults``
again, in the same order, and writes others.json beside this file. It needs torch and autograd, which dualgrad does not.
Both check a function that they are told the gradient of: a torch.autograd.Function, and a primitive with defvjp, each
with the very NumPy texts that a campaign checks. Their tolerances are their own defaults.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import autograd.extend
import autograd.test_util
import numpy as np
import torch

from verify.campaign.case import subject
from verify.campaign.faults import MUTANTS
from verify.campaign.judge import wrong
from verify.campaign.mutate import grouped
from verify.strategies.program import Program
from verify.strategies.recorded import Untold

HERE = Path(__file__).parent


def by_torch(f: Program, g: Program, args: tuple[Any, ...]) -> bool:
    """Whether gradcheck passes."""
    value, slope = f.function("f"), g.function("g")

    class Checked(torch.autograd.Function):
        @staticmethod
        def forward(context: Any, *given: Any) -> Any:
            context.given = [x.detach().numpy()[()] for x in given]
            return torch.tensor(float(np.sum(value(*context.given))), dtype=torch.float64)

        @staticmethod
        def backward(context: Any, cotangent: Any) -> Any:
            return tuple(torch.tensor(np.array(part)) * cotangent for part in _parts(slope, context.given))

    given = [torch.tensor(np.asarray(arg), dtype=torch.float64, requires_grad=True) for arg in args]
    try:
        return bool(torch.autograd.gradcheck(Checked.apply, given, raise_exception=False))
    except RuntimeError:  # another shape
        return False


def by_hips(f: Program, g: Program, args: tuple[Any, ...]) -> bool:
    """Whether check_grads passes, of order 1, in reverse mode."""
    value, slope = f.function("f"), g.function("g")
    checked = autograd.extend.primitive(lambda *given: float(np.sum(value(*given))))

    def pulled(k: int) -> Callable[..., Any]:
        return lambda answer, *given: lambda cotangent: _parts(slope, given)[k] * cotangent

    autograd.extend.defvjp(checked, *(pulled(k) for k in range(len(args))))
    try:
        autograd.test_util.check_grads(checked, modes=["rev"], order=1)(*args)
    except (AssertionError, ValueError):  # other numbers, or another shape
        return False
    return True


def _parts(slope: Callable[..., Any], given: Any) -> list[Any]:
    made = slope(*given)
    parts = made if isinstance(made, tuple) else (made,)
    return [np.asarray(part, dtype=float)[()] for part in parts]


CHECKERS = {"gradcheck": by_torch, "check_grads": by_hips}


def main() -> int:
    """Write what each says of so many programs' mutants, and of the right gradients."""
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    caught: dict[str, dict[str, dict[str, int]]] = {n: defaultdict(lambda: {"n": 0, "caught": 0}) for n in CHECKERS}
    right = {name: {"n": 0, "refused": 0} for name in CHECKERS}
    with np.errstate(all="ignore"):
        for index in range(count):
            try:
                given = subject(seed, index)
            except Untold:
                continue
            for name, check in CHECKERS.items():
                right[name]["n"] += 1
                right[name]["refused"] += not check(given.program, given.gradient, given.args)
            for mutant in given.mutants(MUTANTS):
                if wrong(given.program, mutant.program, given.args, given.seed) is None:
                    continue
                for name, check in CHECKERS.items():
                    for kind in (grouped(mutant.kind, mutant.what), f"in {given.family}"):
                        caught[name][kind]["n"] += 1
                        caught[name][kind]["caught"] += not check(given.program, mutant.program, given.args)
    about = "; ".join(
        f"{name} ({version}) refuses {right[name]['refused']} of {right[name]['n']} right gradients"
        for name, version in (("gradcheck", f"torch {torch.__version__}"), ("check_grads", "HIPS autograd 1.9.1"))
    )
    found = {"seed": seed, "programs": count, "about": f"Beside it: {about}.", "right": right, "caught": caught}
    (HERE / "others.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(found["about"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
