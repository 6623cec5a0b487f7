# SPDX-License-Identifier: Apache-2.0
"""Observing on the emulated board: a ring buffer that a program fills, watched by peers that share no code with ours."""
import random
import shutil
import socket
import subprocess
import tempfile
import unittest

import cbor2

import signed
from coap import ACK, ATTEMPTS, CON, GET, RST, URI_PATH, Peer, Reply, encode
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
        self.peer.socket.settimeout(5)
        for _ in range(ATTEMPTS):
            self.peer.send(encode(GET, message_id, token, options))
            try:
                while True:
                    reply = Reply(self.peer.socket.recv(2048))
                    if reply.kind == ACK and reply.id == message_id:
                        return reply
            except socket.timeout:
                continue
        raise TimeoutError("no answer to an observer")

    def hear(self, timeout_s=30):
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
                page = cbor2.loads(notification.payload)
                seen += page[1]
                lost = page[4]
            observer.answer(notification)
        self.assertEqual(seen[:len(held)], held)
        numbers = [number(record) for record in seen]
        self.assertEqual(numbers[:len(held)], list(range(len(held))))
        self.assertEqual(numbers, sorted(set(numbers)))
        # What is not among them had no room, before somebody took them, or when this test was too slow.
        self.assertLessEqual(numbers[-1] + 1 - len(numbers), lost, "nothing goes missing but what is told as lost")
        self.assertNotIn(OBSERVE, observer.ask(b"\x01").options)

    def test_2_what_is_not_acknowledged_comes_again_the_same(self):
        observer = self.observer()
        observer.ask(b"")
        first = observer.hear()
        again = observer.hear()
        self.assertEqual((again.id, again.payload, again.options), (first.id, first.payload, first.options))
        observer.answer(again, RST)
        oldest = self.read(READINGS)[1][0]
        self.assertEqual(oldest, cbor2.loads(first.payload)[1][0], "not taken")

    def test_3_coap_client_of_debian_observes(self):
        if shutil.which("coap-client-notls") is None:
            self.skipTest("no coap-client-notls")
        oldest = wait_until(lambda: self.read(READINGS)[1])[0]
        heard = b""

        def taken():
            nonlocal heard
            done = subprocess.run(["coap-client-notls", "-s", "3", "-m", "get", self.board.uri(READINGS)],
                                  capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            heard += done.stdout
            return number(wait_until(lambda: self.read(READINGS)[1])[0]) > number(oldest) + 20

        wait_until(taken)
        self.assertIn(oldest, heard)

    def test_4_the_table_is_full_and_empties(self):
        observers = [self.observer() for _ in range(5)]

        def given():
            return [OBSERVE in observer.ask(b"", "log").options for observer in observers]

        # One of the tests before may not have been heard to go: then it is struck within 93 s.
        wait_until(lambda: given() == [True] * 4 + [False], timeout_s=120)
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
        with self.assertRaises(socket.timeout):  # nothing more, but the same where our answer came late
            while True:
                again = observer.hear(timeout_s=4)
                self.assertEqual(again.id, notification.id)
                observer.answer(again)


if __name__ == "__main__":
    unittest.main(verbosity=2)
