"""Record PyTorch's OpInfo samples: ``python -m tests.foreign.opinfo.generate`` where torch 2.13.0 and expecttest are.

Every sample in float64 and complex128 of every op in the table of adapters is run and pulled back, unless its arrays
take more than LARGEST bytes or dualgrad lacks what its arguments ask (which is counted). The mantissas of the inputs
are cut to 12 bits first, and the cotangents are of few bits, so that the records compress.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter

import numpy as np
import torch
from torch.testing._internal.common_methods_invocations import op_db

from .adapters.table import TABLE, Lacking
from .records import HERE, cotangent, save
from .replay import run

LARGEST = 49152
CUT = np.uint64(0xFFFF_FF00_0000_0000)


# What is compared: the sizes of what is known up to a sign or phase, first results. The adapters give the same.
INVARIANT = {
    "linalg.eigh": lambda y: (y[0], y[1].abs()),
    "linalg.eig": lambda y: (y[0], y[1].abs()),
    "linalg.svd": lambda y: (y[0].abs(), y[1], y[2].abs()),
    "svd": lambda y: (y[0].abs(), y[1], y[2].abs()),
    "linalg.lstsq": lambda y: y[0],
    "native_layer_norm": lambda y: y[0],
}


class Odd(Exception):
    """An argument that a record cannot hold."""


class Recorder:
    """Arrays by number, each kept once."""

    def __init__(self):
        self.arrays, self.known = [], {}

    def number(self, array):
        array = np.asarray(array, order="C")
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self.known:
            self.known[key] = len(self.arrays)
            self.arrays.append(array)
        return self.known[key]

    def encoded(self, value, leaves):
        """The tree of a value; tensors that require a gradient are appended to ``leaves``."""
        if isinstance(value, torch.Tensor):
            number = self.number(plain(value))
            if value.requires_grad:
                leaves.append(value)
                return {"leaf": number}
            return {"array": number}
        if isinstance(value, (list, tuple)):
            branches = [self.encoded(branch, leaves) for branch in value]
            return {"tuple": branches} if isinstance(value, tuple) else branches
        if isinstance(value, slice):
            return {"slice": [value.start, value.stop, value.step]}
        if value is Ellipsis:
            return {"ellipsis": 0}
        if isinstance(value, complex):
            return {"complex": [value.real, value.imag]}
        if isinstance(value, torch.dtype):
            return {"dtype": str(value).removeprefix("torch.")}
        if isinstance(value, float) and not np.isfinite(value):
            return {"float": str(value)}
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        raise Odd(type(value).__name__)


def plain(tensor):
    return tensor.detach().resolve_conj().resolve_neg().contiguous().numpy(force=True)


def cut(value):
    """The same arguments with short mantissas, in tensors of their own."""
    if isinstance(value, torch.Tensor):
        array = np.array(plain(value))
        if array.dtype == np.float32:  # some weights
            array = array.astype(np.float64)
        if array.dtype in (np.float64, np.complex128):
            bits = array.reshape(-1).view(np.uint64)
            bits &= CUT
        return torch.from_numpy(array).requires_grad_(value.requires_grad)
    if isinstance(value, (list, tuple)):
        return type(value)(map(cut, value))
    if isinstance(value, dict):
        return {key: cut(entry) for key, entry in value.items()}
    return value


def floating(outputs):
    """The results that may have a gradient, in order."""
    flat = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    return [y for y in flat if isinstance(y, torch.Tensor) and (y.is_floating_point() or y.is_complex())]


def recorded(info, dtype, sample, recorder):
    """The call of one sample; None where there is nothing to differentiate."""
    given, args, kwargs = cut(sample.input), cut(sample.args), cut(sample.kwargs)
    ys = floating(INVARIANT.get(info.name, lambda y: y)(info.gradcheck_wrapper(info.get_op(), given, *args, **kwargs)))
    leaves = []
    call = {
        "op": info.name,
        "dtype": str(dtype).removeprefix("torch."),
        "args": [recorder.encoded(value, leaves) for value in (given, *args)],
        "kwargs": {key: recorder.encoded(value, leaves) for key, value in kwargs.items()},
    }
    active = [(k, y) for k, y in enumerate(ys) if y.requires_grad]
    if not active or not leaves:
        return None
    seeds = [torch.from_numpy(cotangent(tuple(y.shape), plain(y).dtype, k)) for k, y in active]
    found = torch.autograd.grad([y for _, y in active], leaves, seeds, allow_unused=True)
    call["outputs"] = [recorder.number(plain(y)) for y in ys]
    call["gradients"] = [None if g is None else recorder.number(plain(g)) for g in found]
    return call


def differentiable(info, dtype):
    return info.supports_autograd and dtype in info.supported_backward_dtypes("cpu")


def weight(call, recorder):
    numbers = json.dumps(call)
    held = [int(part.split("}")[0]) for key in ('"array": ', '"leaf": ') for part in numbers.split(key)[1:]]
    held += call["outputs"] + [k for k in call["gradients"] if k is not None]
    return sum(recorder.arrays[k].nbytes for k in held)


def main():
    warnings.simplefilter("ignore")
    torch.manual_seed(0)
    kept, counts, covered = [], Counter(), Counter()
    recorder = Recorder()
    for info in sorted(op_db, key=lambda info: info.full_name):
        for dtype in (torch.float64, torch.complex128):
            if info.name not in TABLE or not differentiable(info, dtype):
                continue
            torch.manual_seed(0)
            for sample in info.sample_inputs("cpu", dtype, requires_grad=True):
                counts["samples"] += 1
                scratch = Recorder()
                try:
                    call = recorded(info, dtype, sample, scratch)
                except Odd as odd:
                    counts[f"an argument of type {odd}"] += 1
                    continue
                except RuntimeError:
                    counts["PyTorch raised"] += 1
                    continue
                if call is None:
                    counts["nothing to differentiate"] += 1
                elif weight(call, scratch) > LARGEST:
                    counts[f"larger than {LARGEST // 1024} KB"] += 1
                else:
                    try:
                        run(call, scratch.arrays)
                    except Lacking as why:
                        counts[f"lacking in {info.name}: {why}"] += 1
                        continue
                    except Exception:  # the replay lists it
                        pass
                    kept.append(recorded(info, dtype, sample, recorder))
                    covered[info.name] += 1
    save(kept, recorder.arrays)
    names = {info.name for info in op_db if differentiable(info, torch.float64)}
    lines = ["# What the records hold. Written by generate.py.", ""]
    lines += [f"torch = {torch.__version__.partition('+')[0]!r}", f"calls = {len(kept)}", f"ops = {len(covered)}", ""]
    lines += ["[samples_left_out]", *(f'"{key}" = {n}' for key, n in sorted(counts.items()) if key != "samples"), ""]
    lines += ["[ops_left_out]", "names = [", *(f'    "{name}",' for name in sorted(names - set(covered))), "]", ""]
    (HERE / "coverage.toml").write_text("\n".join(lines), encoding="utf-8")
    print(counts["samples"], "samples,", len(kept), "kept of", len(covered), "ops")


if __name__ == "__main__":
    main()
