"""Python's own containers: dualgrad's tensors live in them as they are."""

# ruff: noqa: F401, UP029
from builtins import dict, list, tuple

from autograd.tracer import notrace_primitive

isinstance = notrace_primitive(isinstance)
type = notrace_primitive(type)
