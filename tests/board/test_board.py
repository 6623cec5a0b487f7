# SPDX-License-Identifier: Apache-2.0
"""The firmware in QEMU over its network: what it shows, what it refuses, and that nothing thrown at it stops its work."""
import os
import random
import shutil
import socket
import subprocess
import tempfile
import unittest

import cbor2

import signed
from coap import DELETE, GET, POST, PUT, Peer, encode
from emulator import BOARD, Emulator, described, missing, wait_until

SEED = 20261122
# Packages with a bit flipped: what is refused does not depend on the core, and some take long to check a signature.
ALTERED = 100 if BOARD == "mps2-an385" else 20


def needs_firmware():
    if missing():
        raise unittest.SkipTest(missing())


class BoardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        needs_firmware()
        cls.board = Emulator()
        cls.board.__enter__()
        cls.addClassCleanup(cls.board.__exit__)

    def setUp(self):
        self.peer = Peer(self.board.coap_port)
        self.addCleanup(self.peer.socket.close)

    def read(self, path):
        reply, body = self.peer.get(path)
        self.assertEqual(reply.text, "2.05", path)
        return cbor2.loads(body)

    def items(self, path):
        page = self.read(path)
        self.assertNotIn(2, page, "one page is enough here")
        return page[1]

    def state(self):
        """All that a package could have changed."""
        return self.items("packages"), self.items("maps"), self.read("device")[9]


class Plain(BoardTest):
    """Without a single valid signature."""

    def test_lists_its_resources(self):
        reply, body = self.peer.get(".well-known/core")
        self.assertEqual(reply.text, "2.05")
        for path in ("device", "hooks", "progs", "packages", "maps", "log"):
            self.assertIn(b"</%s>;rt=" % path.encode(), body)
            self.assertEqual(self.peer.get(path)[0].text, "2.05", path)

    def test_shows_the_device(self):
        device = self.read("device")
        self.assertEqual(device[1], "demo")
        self.assertEqual(device[6], described()["target"])
        self.assertEqual(device[8], False, "by default nothing runs without a claim")
        self.assertGreater(device[9][0], device[9][1])
        self.assertEqual([hook[1] for hook in self.items("hooks")], ["sensor", "packet", "tick", "timer", "request"])

    def test_answers_are_deterministic_cbor(self):
        for path in ("device", "hooks", "progs", "packages", "maps", "log"):
            _, body = self.peer.get(path)
            self.assertEqual(cbor2.dumps(cbor2.loads(body), canonical=True), body, path)

    def test_unsigned_changes_are_unauthorized(self):
        before = self.state()
        for code in (PUT, POST, DELETE):
            for path in ("packages", "progs", "maps/a/b", "device", "hooks/sensor", "", "nowhere"):
                for payload in (b"", b"x", b"\xa0" * 40):
                    self.assertEqual(self.peer.request(code, path, payload).text, "4.01", (code, path, payload))
        self.assertEqual(self.peer.post("packages", bytes(5000)).text, "4.01")
        self.assertEqual(self.state(), before)

    def test_too_large_a_package_is_told_the_limit(self):
        reply = self.peer.post("packages", bytes(20000))
        self.assertEqual(reply.text, "4.13")
        body = cbor2.loads(reply.payload)
        self.assertEqual(body[2], "too_large")
        self.assertEqual(body[5], self.read("device")[10])

    def test_second_upload_waits(self):
        with Peer(self.board.coap_port) as other:
            first = self.peer.request(POST, "packages", bytes(64), [(27, bytes([0x0A]))])
            self.assertEqual(first.text, "2.31")
            reply = other.request(POST, "packages", bytes(64), [(27, bytes([0x0A]))])
            self.assertEqual(reply.text, "5.03")
            self.assertLessEqual(reply.number(14), 30)
            last = self.peer.request(POST, "packages", bytes(10), [(27, bytes([0x12]))])
            self.assertEqual(last.text, "4.01")
            self.assertEqual(other.request(POST, "packages", bytes(10), [(27, bytes([0x02]))]).text, "4.01")

    def test_ping(self):
        def pong():
            self.peer.send(bytes([0x40, 0, 0x12, 0x34]))
            try:
                return self.peer.socket.recv(100)
            except socket.timeout:
                return None

        self.assertEqual(wait_until(pong), bytes([0x70, 0, 0x12, 0x34]))

    def test_packets_are_echoed(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(2)
            udp.connect(("127.0.0.1", self.board.packet_port))
            for size in (1, 2, 3, 4, 5, 100, 1400):
                payload = bytes(random.Random(size).randrange(256) for _ in range(size))

                def echoed():
                    udp.send(payload)
                    try:
                        return udp.recv(2000) == payload
                    except socket.timeout:
                        return False

                wait_until(echoed)

    def test_coap_client_of_debian_reads_it(self):
        if shutil.which("coap-client-notls") is None:
            self.skipTest("no coap-client-notls")
        done = subprocess.run(["coap-client-notls", "-B", "10", "-m", "get", self.board.uri("device")],
                              capture_output=True, timeout=60)
        self.assertEqual(cbor2.loads(done.stdout.rstrip(b"\n"))[1], "demo")
        done = subprocess.run(["coap-client-notls", "-B", "10", "-m", "put", "-e", "x", self.board.uri("packages")],
                              capture_output=True, timeout=60)
        self.assertIn(b"4.01", done.stdout + done.stderr)


def malformed(source, count):
    """Datagrams that are wrong in a way of their own each: noise, cut requests, flipped bits, impossible options."""
    requests = [encode(GET, 7, b"ab", [(11, b"device")]), encode(POST, 8, b"", [(11, b"packages"), (27, b"\x0e")], bytes(50)),
                encode(GET, 9, b"", [(11, b"maps"), (11, b"x" * 200), (23, b"\xff\xff\xff")]),
                encode(PUT, 10, b"", [(35, b"coap://x/"), (65001, b"y")], b"z")]
    out = []
    while len(out) < count:
        kind = source.randrange(5)
        if kind == 0:
            data = bytes(source.randrange(256) for _ in range(source.randrange(0, 1400)))
        elif kind == 1:
            data = bytes([source.choice((0x40, 0x50, 0x60, 0x70)) | source.randrange(9, 16), source.randrange(256)])
            data += bytes(source.randrange(256) for _ in range(source.randrange(2, 60)))
        else:
            data = bytearray(source.choice(requests))
            for _ in range(source.randrange(1, 6)):
                data[source.randrange(len(data))] ^= 1 << source.randrange(8)
            data = bytes(data[:source.randrange(1, len(data) + 1)]) if kind == 2 else bytes(data)
        out.append(data)
    return out


class Signed(BoardTest):
    """With the key that the firmware trusts; needs the perdita command and its demo key."""

    @classmethod
    def setUpClass(cls):
        if signed.missing():
            raise unittest.SkipTest("cannot make signed packages without " + signed.missing())
        super().setUpClass()
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.first = signed.package(cls.folder, "counter.bpf.c", "counter", 1)

    def prog(self):
        return self.items("progs")[0]

    def test_1_malformed_and_refused_do_not_stop_it(self):
        reply = self.peer.post("packages", self.first)
        self.assertEqual(reply.text, "2.04", reply.payload)
        self.assertEqual(cbor2.loads(reply.payload)[3], "counter")
        started = wait_until(lambda: self.prog()[6])
        before = self.state()

        source = random.Random(SEED)
        # A question now and then keeps pace with the board, so that it gets all of them.
        with Peer(self.board.coap_port) as probe:
            for index, data in enumerate(malformed(source, 1000)):
                self.peer.send(data)
                if index % 10 == 9:
                    self.assertEqual(probe.request(GET, "device").text, "2.05", "datagram %d" % index)

        with Peer(self.board.coap_port) as peer:
            for attempt in range(ALTERED):
                data = bytearray(self.first)
                bit = source.randrange(len(data) * 8)
                data[bit // 8] ^= 1 << bit % 8
                if attempt % 3 == 0:
                    data = data[:source.randrange(len(data))]
                reply = peer.post("packages", bytes(data))
                self.assertIn(reply.text, ("4.01", "4.03"), "bit %d" % bit)
                self.assertNotEqual(cbor2.loads(reply.payload)[1], 0)

        self.peer = Peer(self.board.coap_port)
        self.addCleanup(self.peer.socket.close)
        self.assertEqual(self.state()[0], before[0])
        self.assertEqual(self.state()[2], before[2])
        runs = self.prog()[6]
        self.assertGreater(runs, started)
        wait_until(lambda: self.prog()[6] > runs + 20)
        self.assertEqual(self.prog()[8], 0, "no faults")
        self.assertNotIn("fault", self.board.console())

    def test_2_same_sequence_again_is_refused(self):
        reply = self.peer.post("packages", self.first)
        self.assertEqual(reply.text, "4.03")
        self.assertEqual(cbor2.loads(reply.payload)[2], "old_sequence")

    def test_3_coap_client_of_debian_carries_a_package(self):
        if shutil.which("coap-client-notls") is None:
            self.skipTest("no coap-client-notls")
        path = os.path.join(self.folder, "second.package")
        with open(path, "wb") as file:
            file.write(signed.package(self.folder, "counter.bpf.c", "counter", 2))
        done = subprocess.run(["coap-client-notls", "-B", "20", "-m", "post", "-t", "60", "-f", path,
                               self.board.uri("packages")], capture_output=True, timeout=60)
        self.assertEqual(cbor2.loads(done.stdout.rstrip(b"\n"))[2], "ok", done.stdout + done.stderr)
        self.assertEqual(self.items("packages")[0][2], 2)
        runs = self.prog()[6]
        wait_until(lambda: self.prog()[6] > runs)

    def test_4_a_strangers_signature_is_unauthorized(self):
        key = os.path.join(self.folder, "stranger.key")
        signed.run("key", "new", "stranger", "-o", key)
        reply = self.peer.post("packages", signed.package(self.folder, "counter.bpf.c", "counter", 9, key=key))
        self.assertEqual(reply.text, "4.01")
        self.assertEqual(cbor2.loads(reply.payload)[2], "unknown_key_id")

    def test_5_its_map_can_be_read(self):
        before = self.items("maps/counter/readings")
        self.assertTrue(before)
        wait_until(lambda: self.items("maps/counter/readings") != before)

    def test_6_a_filter_drops_packets_and_counts_them(self):
        reply = self.peer.post("packages", signed.package(self.folder, "filter.bpf.c", "filter", 1))
        self.assertEqual(reply.text, "2.04", reply.payload)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(2)
            udp.connect(("127.0.0.1", self.board.packet_port))
            rounds = 0

            def dropped():
                return {int.from_bytes(key, "little"): int.from_bytes(value, "little") for key, value in self.items("maps/filter/dropped")}

            def passed():
                """One passes behind three that do not: what comes back first is the one. Any may get lost on its way."""
                nonlocal rounds
                rounds += 1
                for payload in (b"BAD", b"BAD 2", b"BAD and more", b"GOOD"):
                    udp.send(payload)
                try:
                    self.assertEqual(udp.recv(100), b"GOOD")
                except socket.timeout:
                    return False
                return dropped().get(2, 0) >= 3

            wait_until(passed)
            self.assertEqual(list(dropped()), [2])
            self.assertLessEqual(dropped()[2], 3 * rounds)

    def test_7_periodic_programs_run_by_the_boards_clock(self):
        reply = self.peer.post("packages", signed.package(self.folder, "heartbeat.bpf.c", "heartbeat", 1))
        self.assertEqual(reply.text, "2.04", reply.payload)

        def prog(name):
            return next(prog for prog in self.items("progs") if prog[1] == name)

        def pulse():
            value = self.items("maps/heartbeat/pulses")[0][1]
            return [int.from_bytes(value[i:i + 8], "little") for i in range(0, 32, 8)]

        self.assertEqual((prog("beat")[20], prog("blink")[20]), (50_000, 1_000_000))
        self.assertNotIn(20, prog("counter"))
        wait_until(lambda: pulse()[0] > 2)
        first_beats, first_missed, first_due_ns, _ = pulse()
        wait_until(lambda: pulse()[0] >= first_beats + 40)

        def seen():
            """One that is not late: the last due time is the one before now, give or take one pass of the main loop."""
            before_ns = self.read("device")[11]
            beats, missed, due_ns, delay_ns = pulse()
            # Each due time ran or was counted as missed; times are a period apart, however late the runs were.
            self.assertEqual(due_ns - first_due_ns, (beats - first_beats + missed - first_missed) * 50_000_000)
            self.assertLess(due_ns, self.read("device")[11])
            return (missed, due_ns) if due_ns + 50_000_000 + delay_ns + 20_000_000 > before_ns else None

        missed, due_ns = wait_until(seen)
        wait_until(lambda: prog("blink")[6] >= 2)
        counted = prog("beat")
        self.assertGreaterEqual(counted[7], missed)
        self.assertEqual(counted[8], 0, "no faults")
        listed = signed.run("prog", "list", self.board.uri()).stdout
        self.assertIn("timer/50ms", listed)
        self.assertIn("timer/1s", listed)

        # The same at another pace goes on from what was due last.
        faster = os.path.join(self.folder, "faster.bpf.c")
        with open(os.path.join(signed.SOURCE, "examples", "heartbeat.bpf.c"), encoding="utf-8") as source:
            text = source.read()
        with open(faster, "w", encoding="utf-8") as out:
            out.write(text.replace("timer/50ms", "timer/20ms"))
        reply = self.peer.post("packages", signed.package(self.folder, faster, "heartbeat", 2))
        self.assertEqual(reply.text, "2.04", reply.payload)
        self.assertEqual(prog("beat")[20], 20_000)
        beats = pulse()[0]
        wait_until(lambda: pulse()[0] > beats + 10)
        self.assertEqual((pulse()[2] - due_ns) % 10_000_000, 0, "it kept its phase")

    def test_8_a_period_that_the_hook_does_not_have_is_refused(self):
        source = os.path.join(self.folder, "hasty.bpf.c")
        with open(source, "w", encoding="utf-8") as out:
            out.write('#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n#include "demo.platform.h"\n'
                      'SEC("timer/1ms") int hasty(struct perdita_period* ctx) { return 0; }\n')
        obj = os.path.join(self.folder, "hasty.o")
        signed.run("build", source, "-I", os.path.join(signed.SOURCE, "examples", "demo"), "-o", obj)
        done = signed.run("compile", obj, "--platform", signed.PLATFORM, "-o", obj + ".image", check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("[period-range]", done.stderr)
        self.assertIn("10ms to 3600s", done.stderr)

    def test_9_a_program_answers_requests(self):
        reply = self.peer.post("packages", signed.package(self.folder, "thermometer.bpf.c", "thermometer", 1))
        self.assertEqual(reply.text, "2.04", reply.payload)
        links = self.peer.get(".well-known/core")[1]
        self.assertIn(b'</x/thermometer/celsius>;rt="perdita.answer"', links)
        if shutil.which("coap-client-notls") is None:
            self.skipTest("no coap-client-notls")

        def ask(path):
            done = subprocess.run(["coap-client-notls", "-B", "10", "-m", "get", self.board.uri(path)],
                                  capture_output=True, timeout=60)
            return done.stdout.decode() + done.stderr.decode()

        for channel in range(4):
            self.assertRegex(ask("x/thermometer/celsius?%d" % channel), r"^[+-]\d{3}\.\d{2}\n")
        self.assertIn("4.04", ask("x/thermometer/celsius?9"))
        self.assertIn("4.04", ask("x/thermometer/celsius"))
        self.assertIn("4.04", ask("x/counter/counter?1"))
        counted = next(prog for prog in self.items("progs") if prog[1] == "celsius")
        self.assertGreaterEqual(counted[6], 6)  # a question that is repeated runs it again
        self.assertEqual(counted[8], 0, "no faults")


if __name__ == "__main__":
    unittest.main(verbosity=2)
