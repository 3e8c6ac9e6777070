"""Eigenvalues and eigenvectors, with PyTorch's conventions.

Eigenvectors are determined up to a factor: of length 1, or a sign. What is differentiated must not depend on it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import dualgrad.matrix_meanings as means
from dualgrad.conjugate import adjoint, conj, is_complex, real
from dualgrad.matrices import FLOATING, diagonal_of, hermitians, inverted, on_diagonal, read, read_back, square
from dualgrad.matrices import matrix_call as _matrix_call
from dualgrad.meanings import Unread
from dualgrad.op import Call, Complex, Kind, Kink, composed, structural
from dualgrad.positions import values
from dualgrad.samples import call, drawn

_IMPLICIT = Unread("a matrix defined by an equation is not in the language of meanings")
_EQUAL = Kink("equal eigenvalues", "0 between them", "right for what does not depend on the choice of their vectors")


def _unpacked(y: Any) -> tuple[Any, Any]:
    return y[..., 0], y[..., 1:]


def _gaps(w: Any) -> Any:
    """1 / (w[j] - w[i]), and 0 for equal ones: what does not depend on the choice of their vectors is right."""
    return inverted(w[..., None, :] - w[..., :, None])


def _require_no_phase(name: str, turns: Any) -> None:
    """Raise where the cotangents of eigenvectors depend on the factor of length 1 that is anyone's choice."""
    turns = values(turns)
    sizes = np.abs(np.imag(np.diagonal(turns, axis1=-2, axis2=-1)))
    if np.any(sizes > np.sqrt(np.finfo(turns.dtype).eps) * (1 + np.abs(turns).max(initial=0))):
        raise RuntimeError(
            f"{name}: The eigenvectors in the complex case are specified up to multiplication by e^{{i phi}}. The "
            f"specified loss function depends on this quantity, so it is ill-defined; use what does not depend on it, "
            f"as abs(v) or v @ diag(f(w)) @ v.conj().T"
        )


# ---------------------------------------------------------------------------- Hermitian matrices


def _turned(a: Any, upper: bool) -> Any:
    """With the triangle that is read below the diagonal."""
    return adjoint(a) if upper else a


def _eigh_forward(a: Any, upper: bool) -> Any:
    w, v = np.linalg.eigh(a, "U" if upper else "L")
    return np.concatenate([w[..., None], v], axis=-1)


def _eigh_pull(g: Any, y: Any, a: Any, upper: bool) -> Any:
    (w, v), (gw, gv) = _unpacked(y), _unpacked(g)
    turns = adjoint(v) @ gv
    if is_complex(turns):
        _require_no_phase("eigh", turns)
    inner = _gaps(real(w)) * turns
    return _turned(read_back(v @ (on_diagonal(real(gw), v) + inner) @ adjoint(v)), upper)


def _eigh_push(t: Any, y: Any, a: Any, upper: bool) -> Any:
    w, v = _unpacked(y)
    turned = adjoint(v) @ read(_turned(t, upper)) @ v
    tw = np.diagonal(turned, axis1=-2, axis2=-1)
    return np.concatenate([tw[..., None], v @ (_gaps(real(w)) * turned)], axis=-1)


_eigh = structural(
    "eigh_packed",
    Kind.COMPOSITE,
    call=lambda a, upper=False: Call(_matrix_call(a).inputs, {"upper": upper}),
    forward=_eigh_forward,
    dtype=FLOATING,
    meaning=means.eigen_pairs,
    vjp=[_eigh_pull],
    jvp=[_eigh_push],
    complex=Complex.ADJOINT,
    kinks=(_EQUAL,),
    samples=drawn(
        lambda draw: [*hermitians(draw), *(call(*sample.args, upper=True) for sample in hermitians(draw)[:2])]
    ),
    doc="Eigenvalues, as the first column, and eigenvectors of Hermitian matrices.",
)


class EighResult(NamedTuple):
    """Eigenvalues in ascending order, and the eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


@composed(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """The eigenvalues and eigenvectors of Hermitian matrices, of which one triangle is read."""
    if UPLO.upper() not in ("L", "U"):
        raise ValueError(f"eigh: got UPLO={UPLO!r}, expected 'L' or 'U'")
    w, v = _unpacked(_eigh(a, upper=UPLO.upper() == "U"))
    return EighResult(real(w), v)


@composed(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of Hermitian matrices, in ascending order."""
    return eigh(a, UPLO).eigenvalues


# ---------------------------------------------------------------------------- any square matrices


def _eig_forward(a: Any) -> Any:
    w, v = np.linalg.eig(a)
    kind = np.complex64 if np.asarray(a).dtype in (np.float32, np.complex64) else np.complex128
    return np.concatenate([w[..., None], v], axis=-1).astype(kind)


def _unit(v: Any, z: Any) -> Any:
    """The change of eigenvectors without what would change their length; it is its own adjoint."""
    return z - v @ diagonal_of(np.real(adjoint(v) @ z))


def _eig_pull(g: Any, y: Any, a: Any) -> Any:
    (w, v), (gw, gv) = _unpacked(y), _unpacked(g)
    turns = adjoint(v) @ gv
    _require_no_phase("eig", turns)
    inner = conj(_gaps(w)) * (adjoint(v) @ _unit(v, gv)) + on_diagonal(gw, v)
    return np.linalg.solve(adjoint(v), inner @ adjoint(v))


def _eig_push(t: Any, y: Any, a: Any) -> Any:
    w, v = _unpacked(y)
    turned = np.linalg.solve(v, t @ v)
    tw = np.diagonal(turned, axis1=-2, axis2=-1)
    return np.concatenate([tw[..., None], _unit(v, v @ (_gaps(w) * turned))], axis=-1)


_eig = structural(
    "eig_packed",
    Kind.COMPOSITE,
    call=_matrix_call,
    forward=_eig_forward,
    dtype=lambda given, **_: np.result_type(np.sqrt(np.ones((), given)), np.complex64),
    meaning=_IMPLICIT,
    vjp=[_eig_pull],
    jvp=[_eig_push],
    complex=Complex.ADJOINT,
    kinks=(_EQUAL,),
    samples=drawn(lambda draw: [call(square(draw, 3, 3)), call(square(draw, 2, 2, 2))]),
    doc="Eigenvalues, as the first column, and eigenvectors of length 1 of square matrices, always as complex numbers.",
)


class EigResult(NamedTuple):
    """Eigenvalues in no particular order, and the eigenvectors as columns."""

    eigenvalues: Any
    eigenvectors: Any


@composed(np.linalg.eig)
def eig(a: Any) -> EigResult:
    """The eigenvalues and eigenvectors of square matrices: real ones where all of them are, as NumPy has it."""
    w, v = _unpacked(_eig(a))
    if not is_complex(a) and not np.any(np.imag(values(w))):
        w, v = real(w), real(v)
    return EigResult(w, v)


@composed(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """The eigenvalues of square matrices."""
    return eig(a).eigenvalues
