"""dualgrad: automatic differentiation with a mirror."""

from dualgrad._version import __version__

__all__ = ["__version__"]
