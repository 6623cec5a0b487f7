# SPDX-License-Identifier: Apache-2.0
"""Machine code made beside the verifier, by the command and by the service, to boards: in QEMU, where it runs, and to such as
say what no firmware here says."""
import hashlib
import json
import os
import sys
import unittest

from fake_board import FakeBoard
from perdita import SOURCE, CommandTest, run
from service import Service

sys.path.insert(0, os.path.join(SOURCE, "tests", "board"))
import emulator  # noqa: E402

TRUSTED_KEY = os.environ.get("PERDITA_TRUSTED_KEY", os.path.join(SOURCE, "build", "demo", "demo.key"))
NATIVE_FIRMWARE = os.path.join(os.path.dirname(emulator.FIRMWARE), "firmware_native.elf")
TARGET = emulator.described()["target"]
ANOTHER = "rv32imc" if TARGET == "armv7m" else "armv7m"
NO_BOUND = 2**64 - 1


class Boards(CommandTest):
    objects = ("counter", "counter_v2", "out_of_bounds")

    def ask(self, *arguments):
        return self.must("--json", *arguments).json()


class Native(Boards):
    """The firmware whose engine is native, on the board of this test."""

    @classmethod
    def setUpClass(cls):
        for needed in (NATIVE_FIRMWARE, TRUSTED_KEY):
            if not os.path.exists(needed):
                raise unittest.SkipTest("script/build %s makes %s" % (emulator.BOARD, needed))
        if emulator.missing():
            raise unittest.SkipTest(emulator.missing())
        super().setUpClass()

    def setUp(self):
        self.emulator = emulator.Emulator(NATIVE_FIRMWARE).__enter__()
        self.addCleanup(self.emulator.__exit__)
        self.board = self.emulator.uri().rstrip("/")
        self.sealing = ("--key", TRUSTED_KEY, "--platform", self.platform)

    def package(self):
        packages = self.ask("device", "show", self.board)["packages"]
        self.assertEqual(len(packages), 1)
        return packages[0]

    def counts(self):
        entries = self.ask("map", "dump", self.board, "counter/readings")["entries"]
        return sum(int.from_bytes(bytes.fromhex(entry["value"])[:8], "little") for entry in entries)

    def runs_natively(self):
        emulator.wait_until(lambda before=self.ask("prog", "show", self.board, "counter")["runs"]:
                            self.ask("prog", "show", self.board, "counter")["runs"] > before + 2)
        prog = self.ask("prog", "show", self.board, "counter")
        self.assertEqual((prog["engine"], prog["attached"], prog["faults"]), ("native", True, 0))

    def test_a_programs_life_as_machine_code(self):
        deployed = self.ask("deploy", self.path("counter.o"), "--to", self.board, *self.sealing, "--target", TARGET)
        self.assertEqual((deployed["target"], deployed["sequence"]), (TARGET, 1))
        bounds = deployed["programs"][0]["bounds"]
        self.assertEqual(list(bounds["machine_instructions"]), [TARGET + "/native"])
        brought = self.package()["native"]
        self.assertEqual(brought, {"code_bytes": deployed["native"]["code_bytes"], "digest": deployed["native"]["digest"], "made_bytes": 0})
        self.runs_natively()
        self.assertEqual(self.ask("prog", "show", self.board, "counter")["bound_instructions"], bounds["instructions"])

        # A new version in its place, whose code the board is asked for; the map goes on.
        before = self.counts()
        self.assertGreater(before, 0)
        replaced = self.ask("prog", "replace", self.board, self.path("counter_v2.o"), "--name", "counter", *self.sealing, "--target", "auto")
        self.assertEqual((replaced["target"], replaced["sequence"]), (TARGET, 2))
        self.assertEqual(self.package()["native"]["digest"], replaced["native"]["digest"])
        self.assertGreaterEqual(self.counts(), before)
        self.runs_natively()

        # Bytecode, as without --target: the board makes the very code.
        bytecode = self.ask("prog", "replace", self.board, self.path("counter_v2.o"), "--name", "counter", *self.sealing)
        self.assertEqual((bytecode["target"], bytecode["native"]), ("bytecode", None))
        made = self.package()["native"]
        self.assertEqual((made["digest"], made["code_bytes"]), (replaced["native"]["digest"], replaced["native"]["code_bytes"]))
        self.assertGreaterEqual(made["made_bytes"], made["code_bytes"])
        self.runs_natively()

    def test_by_the_service(self):
        with Service(self.path("native.sqlite"), TRUSTED_KEY, self.platform) as service:
            deployed = self.ask("deploy", self.path("counter.o"), "--to", self.board, "--service", service.url, "--target", "auto")
            self.assertEqual(deployed["target"], TARGET)
            self.must("seal", self.path("counter.o"), *self.sealing, "--target", TARGET, "-o", self.path("own.package"))
            self.assertEqual(hashlib.sha256(self.read("own.package")).hexdigest(), deployed["digest"])
            kept = json.loads(service.ask("GET", "/v1/packages/" + deployed["digest"], headers={"Accept": "application/json"})[2])
            self.assertEqual(kept["native"], deployed["native"])
            self.assertEqual(self.package()["native"]["digest"], kept["native"]["digest"])
            self.runs_natively()
            done = run("deploy", self.path("out_of_bounds.o"), "--to", self.board, "--service", service.url, "--target", TARGET)
            self.assertEqual((done.code, done.out), (1, ""))
        self.package()

    def test_what_it_cannot_run_is_refused_and_changes_nothing(self):
        self.ask("deploy", self.path("counter.o"), "--to", self.board, *self.sealing, "--target", TARGET)
        before = self.package()
        found = self.refused(1, "board-target", "deploy", self.path("counter.o"), "--to", self.board, *self.sealing, "--target", ANOTHER)
        self.assertEqual((found["need"], found["have"]), ("--target " + TARGET, "--target " + ANOTHER))
        self.refused(1, "board-target", "prog", "replace", self.board, self.path("counter.o"), *self.sealing, "--target", ANOTHER)
        # Packages go as they are, and the board says why not: of another core, cut, altered anywhere.
        foreign = self.path("foreign.package")
        self.must("seal", self.path("counter.o"), *self.sealing, "--sequence", "9", "--target", ANOTHER, "-o", foreign)
        found = self.refused(1, "board-refused", "deploy", foreign, "--to", self.board)
        self.assertIn("wrong_target", found["have"])
        self.assertIn(ANOTHER, found["message"])
        self.assertIn("--target auto", found["hint"])
        self.must("seal", self.path("counter.o"), *self.sealing, "--sequence", "9", "--target", TARGET, "-o", self.path("good.package"))
        good = self.read("good.package")
        damaged = [good[:-1], good[:len(good) // 2], good + b"\0"]
        damaged += [good[:at] + bytes([good[at] ^ 1]) + good[at + 1:] for at in range(5, len(good), len(good) // 8)]
        for content in damaged:
            done = run("--json", "deploy", self.write("bad.package", content), "--to", self.board)
            self.assertIn((done.code, done.json()["error"]["code"]), [(1, "board-refused"), (2, "input-kind")])
        self.assertEqual(self.package(), before)
        self.runs_natively()
        self.must("deploy", self.path("good.package"), "--to", self.board)

    def test_a_board_that_interprets_gets_bytecode(self):
        with emulator.Emulator() as other:
            board = other.uri().rstrip("/")
            found = self.refused(1, "board-engine", "deploy", self.path("counter.o"), "--to", board, *self.sealing, "--target", TARGET)
            self.assertIn("interpreter", found["have"])
            self.assertEqual(self.ask("device", "show", board)["packages"], [])
            sent = self.ask("deploy", self.path("counter.o"), "--to", board, *self.sealing, "--target", "auto")
            self.assertEqual((sent["target"], sent["sequence"]), ("bytecode", 1))


class OtherBoards(Boards):
    """Boards of other cores and versions, as far as the command can see them. The key is no matter there."""

    def setUp(self):
        self.sealing = ("--key", self.key, "--platform", self.platform)

    def deploy(self, board, *more):
        return ("deploy", self.path("counter.o"), "--to", board.uri(), *self.sealing, *more)

    def test_the_board_decides_whose_code_auto_is(self):
        made = [target for target in ("armv6m", "armv7m", "rv32imc", "xtensa", "xtensa-windowed")
                if run("compile", self.path("counter.o"), "--platform", self.platform, "--target", target, "-o", self.path("any.image")).code == 0]
        self.assertLessEqual({"armv7m", "rv32imc"}, set(made))
        for target, engine in [("armv7m", "native"), ("rv32imc", "native"), ("xtensa", "native"), ("armv7m", "interpreter"), ("rv32imc", "guarded"),
                               ("xtensa-windowed", "native")]:
            with self.subTest(target + " " + engine), FakeBoard(target, engine) as board:
                expected = target if engine == "native" and target in made else "bytecode"
                self.assertEqual(self.ask(*self.deploy(board, "--target", "auto"))["target"], expected)
                self.assertEqual(self.ask(*self.deploy(board))["target"], "bytecode")
                self.assertEqual(len(board.packages), 2)

    def test_nothing_is_sent_to_a_board_that_says_it_cannot_run_it(self):
        for target, engine, code in [("rv32imc", "native", "board-target"), ("armv6m", "native", "board-target"), ("armv7m", "guarded", "board-engine"),
                                     ("armv7m", "interpreter", "board-engine"), ("rv32imc", "interpreter", "board-engine")]:
            with self.subTest(target + " " + engine), FakeBoard(target, engine) as board:
                found = self.refused(1, code, *self.deploy(board, "--target", "armv7m"))
                self.assertTrue(found["need"] and found["have"] and found["hint"])
                self.assertEqual(board.packages, [])

    def test_what_can_be_told_without_the_board(self):
        nowhere = ("--to", "coap://127.0.0.1:9")
        package = self.path("p.package")
        self.must("seal", self.path("counter.o"), *self.sealing, "-o", package)
        self.refused(2, "deploy-target", "deploy", package, *nowhere, "--target", "armv7m")
        self.refused(2, "deploy-target", "prog", "replace", "coap://127.0.0.1:9", package, "--target", "auto")
        self.refused(2, "not-there-yet", "deploy", self.path("counter.o"), *nowhere, *self.sealing, "--target", "armv6m")
        self.assertEqual(run("deploy", self.path("counter.o"), *nowhere, *self.sealing, "--target", "z80").code, 2)
        for target in ("auto", "armv7m"):
            self.refused(3, "board-unreachable", "deploy", self.path("counter.o"), *nowhere, *self.sealing, "--target", target)

    def test_machine_code_needs_a_verifiers_key(self):
        author = self.path("author.key")
        if not os.path.exists(author):
            self.must("key", "new", "author", "--role", "author", "-o", author)
        with FakeBoard("armv7m", "native") as board:
            for more in (("--key", author), ("--key", self.key, "--no-claim")):
                self.refused(2, "native-unproved", "deploy", self.path("counter.o"), "--to", board.uri(), "--platform", self.platform,
                             "--target", "armv7m", *more)
            self.assertEqual(board.packages, [])

    def test_a_board_of_another_version_says_so(self):
        for refusal, need, hint in [((55, "wrong_abi", "armv7m", 1, 2), "1", "firmware's version"),
                                    ((47, "over_budget", "counter", NO_BOUND, 200000), "generator", "one version"),
                                    ((47, "over_budget", "counter", 300000, 200000), "300000", "worst case shorter"),
                                    ((48, "wrong_target", "bytecode", 0, 0), None, "--target auto"),
                                    ((25, "no_claim", "", 0, 0), None, "may verify")]:
            with self.subTest(refusal[1]), FakeBoard("armv7m", "native", refusal) as board:
                found = self.refused(1, "board-refused", *self.deploy(board, "--target", "armv7m"))
                self.assertIn(refusal[1], found["have"])
                self.assertIn(hint, found["hint"])
                if need:
                    self.assertIn(need, found["need"])
                self.assertNotIn(str(NO_BOUND), str(found))


if __name__ == "__main__":
    unittest.main(verbosity=2)
