# SPDX-License-Identifier: Apache-2.0
"""A board that says what a test wants it to: its core, its engine, and why it takes no package. For what no firmware here
is: of another version, or of a core that there is none of."""
import os
import socket
import sys
import threading

from perdita import SOURCE

sys.path.insert(0, os.path.join(SOURCE, "tests", "board"))
from coap import ACK, BLOCK1, CBOR, CONTENT_FORMAT, GET, Reply, encode  # noqa: E402

CONTENT, CONTINUE, CHANGED, FORBIDDEN, NOT_FOUND = 0x45, 0x5F, 0x44, 0x83, 0x84
ENGINES = ("guarded", "interpreter", "native")


def cbor(value):
    """As much of CBOR as the answers of docs/spec/control.md take."""
    def head(major, number):
        if number < 24:
            return bytes([major << 5 | number])
        size = next(size for size in (1, 2, 4, 8) if number < 1 << 8 * size)
        return bytes([major << 5 | 24 + (1, 2, 4, 8).index(size)]) + number.to_bytes(size, "big")

    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value)) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(cbor(item) for item in value)
    return head(5, len(value)) + b"".join(cbor(key) + cbor(item) for key, item in value.items())


class FakeBoard:
    """with FakeBoard("armv7m", "native", refusal) as board: … board.uri(), board.packages. A refusal is (status, name, about, need, have)."""

    def __init__(self, target, engine, refusal=None):
        self._device = {1: "demo", 2: "0", 3: bytes(16), 4: bytes(16), 5: bytes(16), 6: target, 7: ENGINES.index(engine), 8: False,
                        9: [0, 0, 0], 10: 8192, 11: 0, 12: [], 13: [], 14: [0] * 6}
        self._refusal = refusal
        self._arriving = b""
        self.packages = []  # as they came

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())  # the end
        self._thread.join()
        self._socket.close()

    def uri(self):
        return "coap://127.0.0.1:%d" % self._socket.getsockname()[1]

    def _serve(self):
        while True:
            data, peer = self._socket.recvfrom(2048)
            if not data:
                return
            request = Reply(data)  # requests have the same shape
            code, options, body = self._answer(request)
            self._socket.sendto(encode(code, request.id, request.token, options, body, ACK), peer)

    def _answer(self, request):
        form = [(CONTENT_FORMAT, bytes([CBOR]))]
        if request.code == GET:
            last = request.options[11].decode()  # of the path
            return CONTENT, form, cbor(self._device if last == "device" else {1: 0})
        block = request.number(BLOCK1) if BLOCK1 in request.options else 0
        self._arriving = (self._arriving if block >> 4 else b"") + request.payload
        echo = [(BLOCK1, request.options[BLOCK1])] if BLOCK1 in request.options else []
        if block & 8:
            return CONTINUE, echo, b""
        self.packages.append(self._arriving)
        status, name, about, need, have = self._refusal or (0, "ok", "", 0, 0)
        return FORBIDDEN if status else CHANGED, form + echo, cbor({1: status, 2: name, 3: about, 4: need, 5: have})
