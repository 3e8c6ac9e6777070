"""Messages of plain JSON over a private socket, each with the secret of the request that it belongs to."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Mapping
from typing import Any, NoReturn

SECRET = 16  # bytes
LARGEST = 1 << 28  # bytes of a message
_HEAD = struct.Struct(f"!{SECRET}sI")
_READ = 1 << 18

Json = dict[str, Any]


class Closed(Exception):
    """The other side is gone."""


class Garbled(Exception):
    """What arrived is no message."""


class Channel:
    """One end of a socket. Nothing that arrives is run or unpickled: it is read as JSON, or it is :class:`Garbled`.

    >>> one, other = map(Channel, socket.socketpair())
    >>> one.send(b"s" * SECRET, {"answer": 42})
    >>> other.receive()
    (b'ssssssssssssssss', {'answer': 42})
    >>> one.close(), other.close()
    (None, None)
    """

    def __init__(self, end: socket.socket) -> None:
        self._end = end
        self._held = bytearray()

    def fileno(self) -> int:
        """The descriptor to wait on; a message may also be held here already: see :meth:`arrived`."""
        return self._end.fileno()

    def close(self) -> None:
        """Close this end; the other one then reads that it is closed."""
        self._end.close()

    def send(self, secret: bytes, record: Mapping[str, Any]) -> None:
        """Send one message; :class:`Closed` where nobody reads."""
        body = json.dumps(record, ensure_ascii=False, allow_nan=False).encode("utf-8", "surrogatepass")
        try:
            self._end.sendall(_HEAD.pack(secret, len(body)) + body)
        except OSError as error:
            raise Closed from error

    def receive(self) -> tuple[bytes, Json]:
        """Wait for one message, however long it takes."""
        while True:
            found = self.arrived(wait=True)
            if found is not None:
                return found

    def arrived(self, wait: bool = False) -> tuple[bytes, Json] | None:
        """Read what is there, once; the message where it is complete, else None."""
        found = self._whole()
        if found is None:
            self._read(0 if wait else socket.MSG_DONTWAIT)
            found = self._whole()
        return found

    def _read(self, flags: int) -> None:
        try:
            part = self._end.recv(_READ, flags)
        except BlockingIOError:
            return
        except OSError as error:
            raise Closed from error
        if not part:
            raise Closed
        self._held += part

    def _whole(self) -> tuple[bytes, Json] | None:
        if len(self._held) < _HEAD.size:
            return None
        secret, length = _HEAD.unpack_from(self._held)
        if length > LARGEST:
            raise Garbled(f"a message of {length} bytes; at most {LARGEST} are read")
        end = _HEAD.size + length
        if len(self._held) < end:
            return None
        body = bytes(self._held[_HEAD.size : end])
        del self._held[:end]
        return secret, _parsed(body)


def _parsed(body: bytes) -> Json:
    try:
        found = json.loads(body.decode("utf-8", "surrogatepass"), parse_constant=_refuse)
    except (ValueError, RecursionError, MemoryError) as error:
        raise Garbled(f"it is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise Garbled(f"it is {type(found).__name__} and no object")
    return found


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
