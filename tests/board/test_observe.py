# SPDX-License-Identifier: Apache-2.0
"""Observing on the emulated board: a ring buffer that a program fills, watched by peers that share no code with ours."""
import random
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

import cbor2

import signed
from coap import ACK, CON, GET, RST, URI_PATH, Peer, Reply, encode
from test_board import SEED, BoardTest, malformed, wait_until

OBSERVE = 6
READINGS = "maps/events/readings"


def number(record):
    return int.from_bytes(record[8:12], "little")


class Observer:
    """A peer that registers, and reads notifications with its own rules of when to acknowledge."""

    def __init__(self, port):
        self.peer = Peer(port, timeout_s=10)
        self.ids = iter(range(random.randrange(1 << 15), 1 << 16))

    def ask(self, value, path=READINGS, token=b"obs"):
        message_id = next(self.ids)
        options = [(OBSERVE, value)] + [(URI_PATH, part.encode()) for part in path.split("/")]
        self.peer.send(encode(GET, message_id, token, options))
        while True:
            reply = Reply(self.peer.socket.recv(2048))
            if reply.kind == ACK and reply.id == message_id:
                return reply

    def hear(self, timeout_s=10):
        self.peer.socket.settimeout(timeout_s)
        while True:
            notification = Reply(self.peer.socket.recv(2048))
            if notification.kind == CON:
                return notification

    def answer(self, notification, kind=ACK):
        self.peer.send(bytes([0x40 | kind << 4, 0]) + notification.id.to_bytes(2, "big"))


class Observe(BoardTest):
    @classmethod
    def setUpClass(cls):
        if signed.missing():
            raise unittest.SkipTest("cannot make signed packages without " + signed.missing())
        super().setUpClass()
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        with Peer(cls.board.coap_port) as peer:
            reply = peer.post("packages", signed.package(cls.folder, "events.bpf.c", "events", 1))
            assert reply.text == "2.04", reply.payload

    def observer(self):
        observer = Observer(self.board.coap_port)
        self.addCleanup(observer.peer.socket.close)
        return observer

    def test_1_records_come_once_and_in_order(self):
        wait_until(lambda: self.read(READINGS)[4] > 0)  # full: some are lost
        held = self.read(READINGS)[1]
        observer = self.observer()
        reply = observer.ask(b"")
        self.assertIn(OBSERVE, reply.options)
        self.assertEqual(cbor2.loads(reply.payload)[1], [])
        seen, observed = [], []
        while len(seen) < 100:
            notification = observer.hear()
            self.assertEqual((notification.text, notification.token), ("2.05", b"obs"))
            if notification.number(OBSERVE) not in observed:
                observed.append(notification.number(OBSERVE))
                seen += cbor2.loads(notification.payload)[1]
            observer.answer(notification)
        self.assertEqual(seen[:len(held)], held)
        numbers = [number(record) for record in seen]
        self.assertEqual(numbers[:len(held)], list(range(len(held))))
        behind = numbers[len(held):]
        self.assertEqual(behind, list(range(behind[0], behind[0] + len(behind))), "nothing is lost while somebody takes it")
        self.assertNotIn(OBSERVE, observer.ask(b"\x01").options)

    def test_2_what_is_not_acknowledged_comes_again_the_same(self):
        observer = self.observer()
        observer.ask(b"")
        first = observer.hear()
        start = time.monotonic()
        again = observer.hear()
        # The emulator's clock is the host's, give or take.
        self.assertGreater(time.monotonic() - start, 1.5)
        self.assertEqual((again.id, again.payload, again.options), (first.id, first.payload, first.options))
        observer.answer(again, RST)
        oldest = self.read(READINGS)[1][0]
        self.assertEqual(oldest, cbor2.loads(first.payload)[1][0], "not taken")

    def test_3_coap_client_of_debian_observes(self):
        if shutil.which("coap-client-notls") is None:
            self.skipTest("no coap-client-notls")
        oldest = wait_until(lambda: self.read(READINGS)[1])[0]
        done = subprocess.run(["coap-client-notls", "-s", "3", "-m", "get", self.board.uri(READINGS)],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(oldest, done.stdout)
        left = wait_until(lambda: self.read(READINGS)[1])
        self.assertGreater(number(left[0]), number(oldest) + 20, "taken")

    def test_4_the_table_is_full_and_empties(self):
        observers = [self.observer() for _ in range(5)]
        given = [OBSERVE in observer.ask(b"", "log").options for observer in observers]
        self.assertEqual(given, [True] * 4 + [False])
        observers[0].ask(b"\x01", "log")
        self.assertIn(OBSERVE, observers[4].ask(b"", "log").options)
        for observer in observers:
            observer.ask(b"\x01", "log")

    def test_5_malformed_datagrams_while_observed(self):
        observer = self.observer()
        observer.ask(b"")
        runs = self.items("progs")[0][6]
        source = random.Random(SEED + 1)
        with Peer(self.board.coap_port) as probe:
            for index, data in enumerate(malformed(source, 1000)):
                observer.peer.send(data)
                if index % 10 == 9:
                    self.assertEqual(probe.request(GET, "device").text, "2.05", "datagram %d" % index)
        wait_until(lambda: self.items("progs")[0][6] > runs + 20)
        self.assertNotIn("fault", self.board.console())
        observer = self.observer()
        observer.ask(b"")
        self.assertEqual(observer.hear().text, "2.05")

    def test_6_its_end_is_told(self):
        observer = self.observer()
        observer.ask(b"", token=b"last")
        signed.run("prog", "remove", self.board.uri().rstrip("/"), "events", "--key", signed.KEY)
        while True:
            notification = observer.hear()
            observer.answer(notification)
            if notification.text == "4.04":
                break
        self.assertNotIn(OBSERVE, notification.options)
        self.assertEqual(notification.token, b"last")
        with self.assertRaises(socket.timeout):
            observer.hear(timeout_s=4)


if __name__ == "__main__":
    unittest.main(verbosity=2)
