"""PyTorch's ops by name, each as a function with PyTorch's arguments made of dualgrad's."""

from . import linear, network, pointwise, reductions, shapes
from .common import Lacking

TABLE = {**pointwise.TABLE, **reductions.TABLE, **shapes.TABLE, **linear.TABLE, **network.TABLE}

__all__ = ["TABLE", "Lacking"]
