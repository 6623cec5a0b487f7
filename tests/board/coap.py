# SPDX-License-Identifier: Apache-2.0
"""As much CoAP (RFC 7252, RFC 7959) as a test needs, written apart from the board's and from libcoap: requests of any
shape, also wrong ones, and block-wise bodies."""
import itertools
import random
import socket

GET, POST, PUT, DELETE = 1, 2, 3, 4
CON, NON, ACK, RST = 0, 1, 2, 3
URI_PATH, CONTENT_FORMAT, URI_QUERY, BLOCK2, BLOCK1 = 11, 12, 15, 23, 27
CBOR = 60
ATTEMPTS = 6


def _extended(value):
    if value < 13:
        return value, b""
    if value < 269:
        return 13, bytes([value - 13])
    return 14, (value - 269).to_bytes(2, "big")


def encode(code, message_id, token=b"", options=(), payload=b"", kind=CON):
    out = bytearray([0x40 | kind << 4 | len(token), code]) + message_id.to_bytes(2, "big") + token
    last = 0
    for number, value in sorted(options, key=lambda option: option[0]):
        delta, delta_bytes = _extended(number - last)
        length, length_bytes = _extended(len(value))
        out += bytes([delta << 4 | length]) + delta_bytes + length_bytes + value
        last = number
    if payload:
        out += b"\xff" + payload
    return bytes(out)


class Reply:
    def __init__(self, data):
        self.kind, token_bytes = data[0] >> 4 & 3, data[0] & 15
        self.code, self.id = data[1], int.from_bytes(data[2:4], "big")
        self.token, at, number = data[4:4 + token_bytes], 4 + token_bytes, 0
        self.options, self.payload = {}, b""
        while at < len(data):
            if data[at] == 0xFF:
                self.payload = data[at + 1:]
                break
            delta, length = data[at] >> 4, data[at] & 15
            at += 1
            if delta == 13:
                delta, at = data[at] + 13, at + 1
            if length == 13:
                length, at = data[at] + 13, at + 1
            number += delta
            self.options[number] = data[at:at + length]
            at += length

    @property
    def text(self):
        return "%d.%02d" % (self.code >> 5, self.code & 31)

    def number(self, option):
        return int.from_bytes(self.options[option], "big")


class Peer:
    """One UDP socket that talks to one board."""

    def __init__(self, port, timeout_s=2.0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(timeout_s)
        self.socket.connect(("127.0.0.1", port))
        self._ids = itertools.count(random.randrange(1 << 15))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.send(data)

    def request(self, code, path, payload=b"", options=()):
        """The reply to one confirmable request, which is repeated while none comes."""
        message_id = next(self._ids) & 0xFFFF
        token = message_id.to_bytes(2, "big")
        path_options = [(URI_PATH, part.encode()) for part in path.split("/") if part]
        data = encode(code, message_id, token, path_options + list(options), payload)
        for _ in range(ATTEMPTS):
            self.send(data)
            try:
                while True:
                    reply = Reply(self.socket.recv(2048))
                    if reply.token == token or (reply.kind == RST and reply.id == message_id):
                        return reply
            except (socket.timeout, ConnectionRefusedError):
                continue
        raise TimeoutError("no answer to " + path)

    def get(self, path, query=None):
        """A whole body, block by block."""
        body, number, tag = b"", 0, None
        extra = [(URI_QUERY, query.encode())] if query else []
        while True:
            block = [(BLOCK2, (number << 4 | 6).to_bytes(3, "big"))]
            reply = self.request(GET, path, options=extra + block)
            if reply.text != "2.05":
                return reply, b""
            if number == 0:
                tag = reply.options.get(4)
            elif reply.options.get(4) != tag:  # another moment: begin again
                body, number = b"", 0
                continue
            body += reply.payload
            if BLOCK2 not in reply.options or not reply.number(BLOCK2) & 8:
                return reply, body
            number += 1

    def post(self, path, body, block_exponent=6):
        size = 16 << block_exponent
        for number, start in enumerate(range(0, max(len(body), 1), size)):
            more = start + size < len(body)
            value = number << 4 | more << 3 | block_exponent
            reply = self.request(POST, path, body[start:start + size],
                                 [(CONTENT_FORMAT, bytes([CBOR])), (BLOCK1, value.to_bytes(3, "big"))])
            if reply.text != "2.31":
                return reply
        return reply
