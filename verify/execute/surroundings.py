"""The environment variables of a case's process: what Python and its libraries need, and nothing that is secret."""

from __future__ import annotations

from collections.abc import Mapping

FOR_CASES = "VERIFY_CASE_"  # what the user means to pass on is named so

# What makes two runs alike: the order of sets, and sums that do not depend on the number of cores.
_FIXED = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "SYMPY_GROUND_TYPES": "flint",
}
_PREFIXES = (FOR_CASES, "LC_", "PYTHON")
_PASSED = frozenset(
    """
    CI CONDA_PREFIX COVERAGE_PROCESS_START CUDA_HOME CUDA_VISIBLE_DEVICES HOME LANG LANGUAGE LD_LIBRARY_PATH LOGNAME
    PATH TEMP TMP TMPDIR TZ USER VIRTUAL_ENV XDG_CACHE_HOME
    """.split()
)


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return what of these variables a case's process gets, and what is fixed for all.

    >>> found = environment({"PATH": "/bin", "DEPLOY_TOKEN": "secret", "VERIFY_CASE_SIZE": "3"})
    >>> sorted(found.keys() - _FIXED.keys())
    ['PATH', 'VERIFY_CASE_SIZE']
    """
    passed = {name: text for name, text in given.items() if name in _PASSED or name.startswith(_PREFIXES)}
    return passed | _FIXED
