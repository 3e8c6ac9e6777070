"""Where batches run: anything that is a ``concurrent.futures.Executor``, on this machine or on others."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from verify.execute.batch import Local
from verify.execute.supervisor import Limits
from verify.run import UsageError

NEAR, FAR = 1, 25  # cases of a batch: far away each batch starts a process of its own, and is lost as a whole
_KNOWN = 'expected "local", "dask:ADDRESS", "ray", "ray:ADDRESS" or "package.module:factory"'


@dataclass(frozen=True)
class Engine:
    """An executor, and how many cases it is given at a time."""

    executor: Executor
    size: int


@contextmanager
def engine(name: str, jobs: int, limits: Limits) -> Iterator[Engine]:
    """The engine of this name while it is needed; :class:`UsageError` where there is none."""
    if name == "local":
        with _ended(Local(jobs or os.cpu_count() or 1, limits)) as executor:
            yield Engine(executor, NEAR)
    elif name.startswith("dask:"):
        with _dask(name.removeprefix("dask:")) as executor:
            yield Engine(executor, FAR)
    elif name == "ray" or name.startswith("ray:"):
        with _ended(_ray(name.removeprefix("ray").removeprefix(":"))) as executor:
            yield Engine(executor, FAR)
    else:
        with _ended(_made(name)) as executor:
            yield Engine(executor, FAR)


@contextmanager
def _ended(executor: Executor) -> Iterator[Executor]:
    try:
        yield executor
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _dask(address: str) -> Iterator[Executor]:
    distributed = _installed("distributed", "dask", "dualgrad[dask]")
    try:
        client = distributed.Client(address, timeout=20)
    except (OSError, ValueError, TimeoutError) as error:
        raise UsageError(f"engine dask:{address}: there is no scheduler at this address: {error}") from error
    try:
        # Batches are not pure: one that is asked for again runs again.
        yield client.get_executor(pure=False, retries=2)
    finally:
        client.close()


def _ray(address: str) -> Executor:
    ray = _installed("ray", "ray", "dualgrad[ray]")
    if not ray.is_initialized():
        ray.init(address=address or None, log_to_driver=False)
    return _OnRay(ray)


class _OnRay(Executor):
    def __init__(self, ray: Any) -> None:
        self._ray = ray

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        reference = self._ray.remote(max_retries=2)(fn).remote(*args, **kwargs)
        future: Future[Any] = reference.future()
        return future


def _made(name: str) -> Executor:
    module, colon, factory = name.partition(":")
    if not (colon and factory.isidentifier() and module):
        raise UsageError(f"engine {name!r}: there is none of this name; {_KNOWN}")
    try:
        made = getattr(importlib.import_module(module), factory)()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"engine {name!r}: {error}; {_KNOWN}") from error
    if not isinstance(made, Executor):
        raise UsageError(
            f"engine {name!r}: {factory}() returned {type(made).__name__}; expected a concurrent.futures.Executor"
        )
    return made


def _installed(module: str, engine_name: str, package: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"engine {engine_name}: {module} is not installed; python -m pip install '{package}'"
        ) from error
