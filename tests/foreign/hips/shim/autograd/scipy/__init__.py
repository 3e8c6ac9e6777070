"""SciPy's functions: special and stats by dualgrad, the rest HIPS' own modules, as a user's extensions of dualgrad."""

import os

__path__.append(os.path.join(os.environ["HIPS_SOURCE"], "autograd", "scipy"))
