"""A worker: loads targets and checks their cases. All that a case can break is here, and what it says is only heard.

Besides the answer it reports what its keeper cannot see: names of the library that were changed, threads and processes
left behind.
"""

from __future__ import annotations

import faulthandler
import os
import random
import socket
import threading
import time

import numpy as np

from verify.case import Case
from verify.execute.limits import forget_peak, peak
from verify.execute.messages import Channel, Closed, Json
from verify.execute.watch import Changed
from verify.question.problem import NO_MEMORY
from verify.run import NothingCollected, UsageError, collect, run_one
from verify.runs.suite import writable


def serve(end: socket.socket, changed: Changed) -> None:
    """Answer requests until the other end closes."""
    faulthandler.enable()
    channel, me = Channel(end), os.getpid()
    loaded: dict[str, tuple[Case, ...]] = {}
    while True:
        try:
            secret, request = channel.receive()
        except Closed:
            return
        answer = _answer(request, loaded, channel, secret)
        if os.getpid() != me:  # a case forked, and this is its copy
            os._exit(0)
        answer |= {"changed": changed(), "left": _left()}
        channel.send(secret, answer)


def _answer(request: Json, loaded: dict[str, tuple[Case, ...]], channel: Channel, secret: bytes) -> Json:
    target = request["target"]
    try:
        if target not in loaded:
            loaded[target] = collect(target)
        if "key" not in request:
            return {"cases": [_listed(case) for case in loaded[target]]}
        (case,) = (case for case in loaded[target] if case.key == request["key"])
        channel.send(secret, {"loaded": True})
        return _checked(case, request)
    except MemoryError:
        return {"outcome": "memory"}
    except UsageError as error:
        return {"outcome": "not run", "reason": str(error), "empty": isinstance(error, NothingCollected)}
    except ValueError:
        return {"outcome": "not run", "reason": f"not run: loaded again, {target} has no case {request['key']}"}
    except BaseException as error:  # such as KeyboardInterrupt: a case can raise anything
        return {"outcome": "exited", "reason": f"the case raised {type(error).__name__}"}


def _listed(case: Case) -> Json:
    told = {"key": case.key, "title": case.title, "module": case.module, "kind": case.kind, "text": case.text}
    return told | {"file": os.path.abspath(case.file), "line": case.line}


def _checked(case: Case, request: Json) -> Json:
    from verify.check import check  # loaded by the keeper, unless it only collects

    random.seed(request["seed"])
    np.random.seed(request["seed"] % 2**32)  # noqa: NPY002  # functions under test draw from it
    forget_peak()
    started = time.perf_counter()
    result = run_one(case, check, request["explain"])
    told = writable(result.to_json())
    seconds = time.perf_counter() - started
    if result.reason.startswith(NO_MEMORY):
        return {"outcome": "memory"}
    return {"outcome": "done", "result": told, "seconds": seconds, "peak": peak()}


def _left() -> bool:
    """Whether threads or processes of a case are left."""
    if threading.active_count() > 1:
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
