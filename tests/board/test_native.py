# SPDX-License-Identifier: Apache-2.0
"""The firmware whose engine is native: bytecode that it compiles itself, and machine code that packages bring. Both are
the same bytes, do what the examples do, and are replaced by one another while their hooks fire."""
import hashlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

import cbor2

import emulator
import signed
from coap import Peer
from emulator import Emulator
from test_board import wait_until

FIRMWARE = os.path.join(os.path.dirname(emulator.FIRMWARE), "firmware_native.elf")
TARGET = emulator.described()["target"]
NATIVE = ("--target", TARGET)
ENGINE = 2  # perdita_engine


def code_in(image):
    """SHA-256 of a native image's machine code, each program filled up to a multiple of 8, and its size."""
    header, _, _, blob = cbor2.loads(image)
    size = sum((prog[4] + 7) // 8 * 8 for prog in header[3])
    return hashlib.sha256(blob[:size]).digest(), size


class Native(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.exists(FIRMWARE):
            raise unittest.SkipTest("no firmware: script/build %s makes %s" % (emulator.BOARD, FIRMWARE))
        if emulator.missing():
            raise unittest.SkipTest(emulator.missing())
        if signed.missing():
            raise unittest.SkipTest("cannot make signed packages without " + signed.missing())
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)

    def setUp(self):
        self.board = Emulator(FIRMWARE)
        self.board.__enter__()
        self.addCleanup(self.board.__exit__)
        self.peer = Peer(self.board.coap_port)
        self.addCleanup(self.peer.socket.close)

    def items(self, path):
        reply, body = self.peer.get(path)
        self.assertEqual(reply.text, "2.05", path)
        return cbor2.loads(body)[1]

    def deliver(self, source, name, sequence, *more):
        reply = self.peer.post("packages", signed.package(self.folder, source, name, sequence, *more))
        self.assertEqual(reply.text, "2.04", reply.payload)

    def prog(self, name):
        return next(prog for prog in self.items("progs") if prog[1] == name)

    def goes_on(self, name, runs=20):
        start = self.prog(name)[6]
        wait_until(lambda: self.prog(name)[6] >= start + runs)
        self.assertEqual(self.prog(name)[8], 0, "no faults")
        self.assertEqual(self.prog(name)[5], ENGINE)

    def image(self, name, *more):
        """Of the object that deliver() left, made by the command."""
        out = os.path.join(self.folder, name + ".image")
        signed.run("compile", os.path.join(self.folder, name + ".o"), "--platform", signed.PLATFORM, "-o", out, *more)
        with open(out, "rb") as file:
            return file.read()

    def test_the_board_makes_what_the_command_makes(self):
        for index, source in enumerate(("counter", "counter_v2", "events", "filter", "heartbeat", "stages", "thermometer",
                                        "watchdog", "wordcount", "blink")):
            with self.subTest(source):
                self.deliver(source + ".bpf.c", "example", 1 + 2 * index)
                made = self.items("packages")[0]
                bytecode, native = self.image("example"), self.image("example", *NATIVE)
                digest, size = code_in(native)
                self.assertEqual(made[10][:2], [size, digest])
                self.assertGreaterEqual(made[10][2], size)
                self.assertEqual(made[3], hashlib.sha256(bytecode).digest())
                self.assertEqual(cbor2.loads(native)[0][7][0], made[3], "a native image names its bytecode image")
                self.deliver(source + ".bpf.c", "example", 2 + 2 * index, *NATIVE)
                brought = self.items("packages")[0]
                self.assertEqual(brought[10], [size, digest, 0])
                self.assertEqual(brought[3], hashlib.sha256(native).digest())

    def test_replacement_while_it_runs_keeps_the_map(self):
        self.deliver("counter.bpf.c", "counter", 1)
        self.goes_on("counter")
        count = self.counted()
        self.deliver("counter.bpf.c", "counter", 2, *NATIVE)
        self.goes_on("counter")
        self.assertGreater(self.counted(), count)
        count = self.counted()
        self.deliver("counter_v2.bpf.c", "counter", 3)
        self.goes_on("counter")
        self.assertGreater(self.counted(), count)

    def counted(self):
        """Readings of all channels; a value begins with their number."""
        return sum(int.from_bytes(value[:4], "little") for _, value in self.items("maps/counter/readings"))

    def test_tail_calls(self):
        for sequence, more in ((1, ()), (2, NATIVE)):
            self.deliver("stages.bpf.c", "stages", sequence, *more)
            self.goes_on("stages")
            # All three stand on the hook, and the first one also calls the second one: read as the hook fires.
            def seen():
                return [int.from_bytes(value, "little") for _, value in self.items("maps/stages/seen")]

            wait_until(lambda: min(seen()) > 20)
            first, lenient, strict = seen()
            self.assertLessEqual(abs(first + strict - lenient), 2)

    def test_a_filter_and_an_interrupt(self):
        self.deliver("filter.bpf.c", "filter", 1, *NATIVE)
        self.deliver("wordcount.bpf.c", "words", 1)
        self.deliver("watchdog.bpf.c", "watchdog", 1)  # on the timer's interrupt, and on what it interrupts
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(20)
            udp.connect(("127.0.0.1", self.board.packet_port))

            def dropped():
                return [(int.from_bytes(key, "little"), int.from_bytes(value, "little"))
                        for key, value in self.items("maps/filter/dropped")]

            # One after the other: what was seen of each is waited for.
            for count, payload in enumerate((b"BAD", b"BAD 2", b"BAD and more")):
                udp.send(payload)
                wait_until(lambda: (2, count + 1) in dropped())
            udp.send(b"GOOD day")
            self.assertEqual(udp.recv(100), b"GOOD day")
            self.assertIn((2, 3), dropped())
        for prog in self.items("progs"):
            self.assertEqual((prog[5], prog[8]), (ENGINE, 0), prog)
        self.assertNotIn("fault", self.board.console())

    def test_the_port_syncs_code_as_the_core_wants_it(self):
        # The emulator would not notice if it did not.
        tool, wanted = {"armv7m": ("arm-none-eabi-objdump", r"dsb\tsy\n.*\tisb\tsy\n.*\tbx\tlr"),
                        "rv32imc": ("riscv64-unknown-elf-objdump", r"fence\.i.*\n.*\tret"),
                        "xtensa": ("xtensa-lx106-elf-objdump", r"memw\n.*\tisync\n.*\tret")}[TARGET]
        if shutil.which(tool) is None:
            self.skipTest("no %s: script/bootstrap installs it" % tool)
        shown = subprocess.run([tool, "-d", "-j", ".text", FIRMWARE], capture_output=True, text=True, check=True).stdout
        functions = [body for name, body in re.findall(r"(?m)^[0-9a-f]+ <(\S+)>:\n((?:.+\n)+)", shown) if "kPort" in name]
        self.assertTrue([body for body in functions if re.search(wanted, body)], "\n".join(functions))

    def test_machine_code_is_refused_where_an_interpreter_runs(self):
        with Emulator() as other, Peer(other.coap_port) as peer:
            reply = peer.post("packages", signed.package(self.folder, "counter.bpf.c", "counter", 1, *NATIVE))
            self.assertEqual(reply.text, "4.03")
            report = cbor2.loads(reply.payload)
            self.assertEqual((report[2], report[3]), ("wrong_target", TARGET))

    def test_what_does_not_fit_is_refused_and_nothing_is_left(self):
        self.deliver("counter.bpf.c", "counter", 1)
        before = signed.run("device", "show", self.board.uri(), "--json").stdout
        self.assertIn('"engine": "native"', before)
        self.assertIn("made_bytes", before)
        sequence = 1
        refused = None
        while refused is None and sequence < 40:
            name = "filler%d" % sequence
            reply = self.peer.post("packages", signed.package(self.folder, "wordcount.bpf.c", name, 1))
            if reply.text != "2.04":
                refused = cbor2.loads(reply.payload)
            sequence += 1
        self.assertIsNotNone(refused)
        self.assertIn(refused[2], ("out_of_memory", "table_full"))
        self.goes_on("counter")


if __name__ == "__main__":
    unittest.main(verbosity=2)
