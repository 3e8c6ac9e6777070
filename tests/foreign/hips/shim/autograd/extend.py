"""What HIPS gives to those who extend it."""

# ruff: noqa: F401
from autograd.core import (
    VSpace,
    def_linear,
    defjvp,
    defjvp_argnum,
    defjvp_argnums,
    defvjp,
    defvjp_argnum,
    defvjp_argnums,
    primitive,
    vspace,
)
from autograd.tracer import Box, notrace_primitive
