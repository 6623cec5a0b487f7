# SPDX-License-Identifier: Apache-2.0
"""perdita-plugin as bpf_conformance and others call it (docs/guide/cli.md): bytes in, r0 out, here and on the board."""
import os
import struct
import subprocess
import unittest

BIN = os.environ["PERDITA_BIN"]
SOURCE = os.environ["PERDITA_SOURCE"]
RUNNER = os.path.join(SOURCE, "build", "mps2-an385", "bin", "runner.elf")


def insn(opcode, dst=0, src=0, offset=0, imm=0):
    return struct.pack("<BBhi", opcode, src << 4 | dst, offset, imm)


EXIT = insn(0x95)
LOAD_WORD = insn(0x61, dst=0, src=1)  # r0 = *(u32 *)r1


def plugin(code, *arguments):
    text = code if isinstance(code, str) else code.hex()
    return subprocess.run([os.path.join(BIN, "perdita-plugin"), *arguments], input=text, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)


class Plugin(unittest.TestCase):
    def accepts(self, expected, code, *arguments):
        ran = plugin(code, *arguments)
        self.assertEqual((ran.returncode, ran.stdout.strip(), ran.stderr), (0, expected, ""))

    def refuses(self, message, code, *arguments):
        ran = plugin(code, *arguments)
        self.assertEqual((ran.returncode, ran.stdout), (1, ""))
        self.assertIn(message, ran.stderr)

    def test_memory_and_engines(self):
        for engine in ([], ["--engine", "guarded"], ["--engine", "interpreter"]):
            self.accepts("4030201", LOAD_WORD + EXIT, "01 02 03 04", *engine)
            self.accepts("4", insn(0xBF, dst=0, src=2) + EXIT, "01020304", *engine)
            self.accepts("ffffffffffffffff", insn(0xB7, imm=-1) + EXIT, *engine)

    def test_blanks_between_bytes(self):
        self.accepts("7", "b7 00 00 00 07 00 00 00\n95 00 00 00 00 00 00 00\n")

    def test_helper_5_gives_its_argument_back(self):
        self.accepts("2a", insn(0xB7, dst=1, imm=42) + insn(0x85, imm=5) + EXIT)

    def test_what_cannot_be_loaded(self):
        self.refuses("instruction 0", insn(0xFF) + EXIT)
        self.refuses("instruction 0", insn(0x07, offset=1) + EXIT)  # a reserved field
        self.refuses("hexadecimal", "b7 0")
        self.refuses("hexadecimal", "")
        self.refuses("hexadecimal", EXIT, "0x12")

    def test_faults(self):
        self.refuses("instruction 0", insn(0x79, dst=0, src=1) + EXIT, "01020304", "--engine", "guarded")

    def test_wrong_use(self):
        self.refuses("native", EXIT, "--engine", "native")
        self.refuses("engine", EXIT, "--engine", "quick")
        self.refuses("target", EXIT, "--target", "pdp11")
        self.refuses("usage", EXIT, "--speed")

    def counts_on(self, target, board):
        if not os.path.exists(os.path.join(SOURCE, "build", board, "bin", "runner.elf")):
            self.skipTest("the runner firmware is not built: script/build " + board)
        code = insn(0xB7, imm=6) + EXIT
        for engine in ("guarded", "interpreter", "native"):
            self.accepts("4030201", LOAD_WORD + EXIT, "01020304", "--engine", engine, "--target", target)
            counted = [plugin(code, "--engine", engine, "--target", target, "--counts").stdout.split() for _ in range(2)]
            self.assertEqual(counted[0], counted[1])
            self.assertEqual(counted[0][:2], ["6", "2" if engine == "guarded" else "0"])
            self.assertGreater(int(counted[0][2]), 10)

    def test_on_riscv_with_counts(self):
        self.counts_on("rv32imc", "riscv32-virt")

    def test_on_xtensa_with_counts(self):
        self.counts_on("xtensa", "lx60")

    @unittest.skipUnless(os.path.exists(RUNNER), "the runner firmware is not built: script/build mps2-an385")
    def test_on_the_board_with_counts(self):
        code = insn(0xB7, imm=6) + EXIT
        for engine in ("guarded", "interpreter", "native"):
            self.accepts("4030201", LOAD_WORD + EXIT, "01020304", "--engine", engine, "--target", "armv7m")
            result, steps, instructions = plugin(code, "--engine", engine, "--target", "armv7m", "--counts").stdout.split()
            self.assertEqual((result, steps), ("6", "2" if engine == "guarded" else "0"))
            self.assertGreater(int(instructions), 10)
            again = plugin(code, "--engine", engine, "--target", "armv7m", "--counts").stdout.split()[2]
            self.assertEqual(instructions, again)


if __name__ == "__main__":
    unittest.main()
