"""Messages: whole or not at all, and nothing but JSON."""

from __future__ import annotations

import socket
import struct
import threading

import pytest

from verify.execute.messages import LARGEST, SECRET, Channel, Closed, Garbled

KEY = bytes(range(SECRET))


@pytest.fixture
def ends():
    one, other = socket.socketpair()
    yield one, Channel(other)
    one.close()
    other.close()


def frame(body, length=None):
    return struct.pack(f"!{SECRET}sI", KEY, len(body) if length is None else length) + body


def test_a_message_that_comes_in_pieces_is_whole_when_its_last_piece_is_there(ends):
    raw, channel = ends
    for byte in frame(b'{"a": [1, "\xc3\xa4"]}'):
        assert channel.arrived() is None
        raw.send(bytes([byte]))
    assert channel.arrived() == (KEY, {"a": [1, "ä"]})
    assert channel.arrived() is None


def test_two_messages_in_one_piece_are_two(ends):
    raw, channel = ends
    raw.send(frame(b'{"a": 1}') + frame(b'{"b": 2}'))
    assert [channel.receive()[1], channel.receive()[1]] == [{"a": 1}, {"b": 2}]


def test_what_is_larger_than_a_pipe_holds_arrives(ends):
    raw, channel = ends
    sender = threading.Thread(target=Channel(raw).send, args=(KEY, {"a": "x" * 2**22}))
    sender.start()
    assert channel.receive() == (KEY, {"a": "x" * 2**22})
    sender.join()


@pytest.mark.parametrize(
    "body", [b"[1]", b"1", b"{", b"\xff", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": ' + b"[" * 10**5]
)
def test_what_is_no_object_of_json_is_garbled(ends, body):
    raw, channel = ends
    raw.send(frame(body))
    with pytest.raises(Garbled):
        channel.receive()


def test_a_length_that_nobody_sends_is_not_waited_for(ends):
    raw, channel = ends
    raw.send(frame(b"", LARGEST + 1))
    with pytest.raises(Garbled, match="at most"):
        channel.arrived()


def test_the_other_end_closed_is_told_on_both_ways(ends):
    raw, channel = ends
    raw.send(frame(b'{"half"')[:-3])
    raw.close()
    assert channel.arrived() is None
    with pytest.raises(Closed):
        channel.receive()
    with pytest.raises(Closed):
        for _ in range(2):
            channel.send(KEY, {})
