"""The symbol reading: what a person reads. Importing it imports SymPy, so dualgrad does when a mirror is asked for."""

from dualgrad.mirror.constants import Unreadable
from dualgrad.mirror.derivation import Step, derivation
from dualgrad.mirror.formula import Formula
from dualgrad.mirror.gradient import gradient, read_gradient
from dualgrad.mirror.mirror import Mirror, mirror_of
from dualgrad.mirror.point import Point, point, value_at, value_text
from dualgrad.mirror.reading import Reading, opened, read, value
from dualgrad.mirror.rows import Row, rows

__all__ = [
    "Formula",
    "Mirror",
    "Point",
    "Reading",
    "Row",
    "Step",
    "Unreadable",
    "derivation",
    "gradient",
    "mirror_of",
    "opened",
    "point",
    "read",
    "read_gradient",
    "rows",
    "value",
    "value_at",
    "value_text",
]
