"""HIPS autograd's package name, over dualgrad.

What is pure in HIPS' own package (its test utilities, its operators made of ``make_vjp`` and ``make_jvp``) is taken
from the source distribution that ``HIPS_SOURCE`` points to, unmodified; whatever is defined here comes first.
"""

# ruff: noqa: E402, F401
import os

__path__.append(os.path.join(os.environ["HIPS_SOURCE"], "autograd"))

from autograd.builtins import dict, isinstance, list, tuple, type
from autograd.core import primitive
from autograd.differential_operators import (
    checkpoint,
    deriv,
    elementwise_grad,
    grad,
    grad_and_aux,
    grad_named,
    hessian,
    hessian_tensor_product,
    hessian_vector_product,
    holomorphic_grad,
    jacobian,
    make_ggnvp,
    make_hvp,
    make_jvp,
    make_vjp,
    multigrad_dict,
    tensor_jacobian_product,
    value_and_grad,
    vector_jacobian_product,
)
