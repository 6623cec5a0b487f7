# SPDX-License-Identifier: Apache-2.0
"""The commands that talk to a board, against the firmware in QEMU: a program's whole life, and what is refused on the way."""
import json
import os
import shutil
import signal
import subprocess
import sys
import unittest

from perdita import DEMO, PERDITA, SOURCE, CommandTest, run
from service import Service

sys.path.insert(0, os.path.join(SOURCE, "tests", "board"))
from emulator import FIRMWARE, Emulator, wait_until  # noqa: E402

# What the firmware was made with: the key that it trusts.
TRUSTED_KEY = os.environ.get("PERDITA_TRUSTED_KEY", os.path.join(SOURCE, "build", "demo", "demo.key"))


class Device(CommandTest):
    objects = ("counter", "counter_v2", "events", "filter", "out_of_bounds", "stages")

    @classmethod
    def setUpClass(cls):
        for needed in (FIRMWARE, TRUSTED_KEY):
            if not os.path.exists(needed):
                raise unittest.SkipTest("script/build mps2-an385 makes " + needed)
        if shutil.which("qemu-system-arm") is None:
            raise unittest.SkipTest("no qemu-system-arm")
        super().setUpClass()

    def setUp(self):
        self.emulator = Emulator().__enter__()
        self.addCleanup(self.emulator.__exit__)
        self.board = self.emulator.uri().rstrip("/")
        self.signing = ("--key", TRUSTED_KEY)
        self.sealing = (*self.signing, "--platform", self.platform)

    def ask(self, *arguments):
        return self.must("--json", *arguments).json()

    def prog(self, name):
        return self.ask("prog", "show", self.board, name)

    def counts(self):
        """Readings counted so far, over all channels."""
        entries = self.ask("map", "dump", self.board, "counter/readings")["entries"]
        return sum(int.from_bytes(bytes.fromhex(entry["value"])[:8], "little") for entry in entries)

    def test_every_byte_has_an_owner(self):
        def check(packages):
            device = self.ask("device", "show", self.board)
            self.assertEqual(len(device["packages"]), packages)
            parts = device["memory_runtime_bytes"] + sum(device["memory_stack_bytes"]) + device["memory_pinned_bytes"]
            self.assertEqual(parts + sum(package["memory_bytes"] for package in device["packages"]), device["memory_used_bytes"])
            return device

        check(0)
        self.ask("deploy", self.path("counter.o"), "--to", self.board, *self.sealing)
        self.assertEqual(check(1)["packages"][0]["kept_sequence"], 0)
        self.ask("prog", "replace", self.board, self.path("counter_v2.o"), "--name", "counter", *self.sealing)
        self.assertEqual(check(1)["packages"][0]["kept_sequence"], 1)
        self.assertIn("(number 1 is kept)", self.must("device", "show", self.board).out)
        self.ask("prog", "remove", self.board, "counter", *self.signing)
        check(0)

    def test_a_pinned_map_is_shared_by_those_who_agree_what_is_in_it(self):
        with open(os.path.join(SOURCE, "examples", "counter.bpf.c"), encoding="utf-8") as file:
            source = file.read().replace("} readings SEC", "  __uint(pinning, LIBBPF_PIN_BY_NAME);\n} readings SEC")
        swapped = source.replace("int32_t min;\n  int32_t max;", "int32_t max;\n  int32_t min;")
        renamed = source.replace("struct reading", "struct channel_state")
        self.assertEqual(len({source, swapped, renamed}), 3)
        for name, text in (("first", source), ("swapped", swapped), ("renamed", renamed)):
            self.must("build", self.write(name + ".bpf.c", text.encode()), "-I", DEMO, "-o", self.path(name + ".o"))
        types = {name: self.ask("inspect", self.path(name + ".o"))["maps"][0]["types"] for name in ("first", "swapped", "renamed")}
        self.assertEqual(types["first"], types["renamed"])

        self.ask("deploy", self.path("first.o"), "--to", self.board, *self.sealing)
        refused = self.refused(1, "board-refused", "deploy", self.path("swapped.o"), "--to", self.board, *self.sealing)
        self.assertIn("readings", refused["message"])
        self.assertEqual(int(refused["need"]), int(types["swapped"], 16))
        self.assertIn("map_differs", refused["have"])
        self.assertIn(str(int(types["first"], 16)), refused["have"])
        self.ask("deploy", self.path("renamed.o"), "--to", self.board, *self.sealing)
        self.assertEqual([(entry["package"], entry["name"]) for entry in self.ask("map", "list", self.board)],
                         [("first", "readings"), ("renamed", "readings")])

    def test_a_programs_life(self):
        device = self.ask("device", "show", self.board)
        self.assertEqual((device["platform"], device["target"], device["packages"]), ("demo", "armv7m", []))
        self.assertEqual(self.ask("prog", "list", self.board), [])
        self.assertEqual([hook["name"] for hook in self.ask("hook", "list", self.board)], ["sensor", "packet", "tick", "timer", "request"])

        deployed = self.ask("deploy", self.path("counter.o"), "--to", self.board, *self.sealing)
        self.assertEqual((deployed["package"], deployed["sequence"]), ("counter", 1))
        wait_until(lambda: self.counts() > 0)
        counter = self.prog("counter")
        self.assertTrue(counter["attached"])
        self.assertEqual((counter["hook"], counter["faults"]), ("sensor", 0))
        self.assertEqual([hook["attached"] for hook in self.ask("hook", "list", self.board)], [["counter/counter"], [], [], [], []])
        readings = self.ask("map", "list", self.board)[0]
        self.assertEqual((readings["name"], readings["type"], readings["max_entries"]), ("readings", "array", 4))
        for key in ("0", "0x0", "00000000"):
            self.assertEqual(self.ask("map", "lookup", self.board, "readings", key)["key_number"], 0)
        self.refused(1, "map-no-entry", "map", "lookup", self.board, "readings", "4")
        self.refused(2, "map-key", "map", "lookup", self.board, "readings", "0x100000000")

        self.assertEqual(self.ask("prog", "detach", self.board, "counter", *self.signing)["sequence"], 2)
        self.assertFalse(self.prog("counter")["attached"])
        still = self.counts()
        self.assertEqual(self.counts(), still)
        self.must("prog", "attach", self.board, "counter/counter", *self.signing)
        wait_until(lambda: self.counts() > still)

        before = self.counts()
        replaced = self.ask("prog", "replace", self.board, self.path("counter_v2.o"), "--name", "counter", *self.sealing)
        self.assertEqual(replaced["sequence"], 4)
        self.assertGreaterEqual(self.counts(), before)  # the map went on

        self.must("prog", "remove", self.board, "counter", *self.signing)
        self.assertEqual(self.ask("prog", "list", self.board), [])
        self.refused(1, "map-not-installed", "map", "dump", self.board, "readings")
        self.refused(1, "prog-not-installed", "prog", "show", self.board, "counter")
        self.refused(1, "package-not-installed", "prog", "replace", self.board, self.path("counter.o"), *self.sealing)

    def test_tail_calls(self):
        def went_on():
            return [entry["value_number"] for entry in self.ask("map", "dump", self.board, "stages/seen")["entries"]]

        def slots():
            return [(entry["key_number"], entry["prog"]) for entry in self.ask("map", "dump", self.board, "next")["entries"]]

        self.must("deploy", self.path("stages.o"), "--to", self.board, *self.sealing)
        for others in ("lenient", "strict"):
            self.must("prog", "detach", self.board, "stages/" + others, *self.signing)
        before = went_on()
        wait_until(lambda: went_on()[1] > before[1] + 2)
        self.assertEqual(self.prog("stages/lenient")["last_result"], 1)
        self.assertEqual(slots(), [(0, "lenient")])
        self.assertIn("prog:lenient", self.must("map", "dump", self.board, "next").out)

        self.must("map", "update", self.board, "stages/next", "0", "prog:strict", *self.signing)
        self.assertEqual(slots(), [(0, "strict")])
        before = went_on()
        wait_until(lambda: went_on()[2] > before[2] + 2)
        self.assertEqual(went_on()[1], before[1])
        self.must("prog", "replace", self.board, self.path("stages.o"), *self.sealing)
        self.assertEqual(slots(), [(0, "strict")])  # of the new package now

        self.must("map", "delete", self.board, "stages/next", "0", *self.signing)
        self.assertEqual(slots(), [])
        self.refused(2, "map-value", "map", "update", self.board, "next", "0", "strict", *self.signing)
        self.refused(1, "board-refused", "map", "update", self.board, "next", "0", "prog:nobody", *self.signing)
        self.refused(1, "board-refused", "map", "update", self.board, "next", "2", "prog:strict", *self.signing)
        self.assertEqual([self.prog("stages/" + name)["faults"] for name in ("stages", "lenient", "strict")], [0, 0, 0])

    def test_what_a_board_refuses_is_1_and_changes_nothing(self):
        self.must("deploy", self.path("counter.o"), "--to", self.board, *self.sealing, "--sequence", "5")
        stranger = self.path("stranger.key")
        self.must("key", "new", "stranger", "-o", stranger)
        sealed = {}
        for name, more in [("good", ("--sequence", "6")), ("old", ("--sequence", "5")), ("unclaimed", ("--sequence", "6", "--no-claim")),
                           ("other_class", ("--sequence", "6", "--class", "00000000-0000-4000-8000-000000000000")),
                           ("stranger", ("--sequence", "6", "--key", stranger))]:
            sealed[name] = self.path(name + ".package")
            signing = () if "--key" in more else self.signing
            self.must("seal", self.path("counter.o"), "--platform", self.platform, *signing, "--name", "counter", *more, "-o", sealed[name])
        good = self.read("good.package")
        sealed["cut"] = self.write("cut.package", good[:-20])
        sealed["altered"] = self.write("altered.package", good[:-20] + bytes([good[-20] ^ 1]) + good[-19:])
        header = self.path("firmware2.platform.h")
        with open(os.path.join(DEMO, "demo.platform.h"), encoding="utf-8") as old, open(header, "w", encoding="utf-8") as new:
            new.write(old.read().replace("PERDITA_RESULT(0, 3)", "PERDITA_RESULT(0, 2)"))
        self.must("platform", "build", header, "-o", self.path("second.platform_file"))
        sealed["other_platform"] = self.path("other_platform.package")
        done = run("seal", self.path("counter.o"), "--platform", self.path("second.platform_file"), *self.signing, "--name", "counter",
                   "--sequence", "6", "-o", sealed["other_platform"])
        self.assertEqual(done.code, 0, done.err)
        runs = self.prog("counter")["runs"]
        packages = self.ask("device", "show", self.board)["packages"]
        for name, path in sealed.items():
            if name == "good":
                continue
            found = self.refused(1, "board-refused", "deploy", path, "--to", self.board)
            self.assertTrue(found["have"], name)
        self.assertEqual(self.ask("device", "show", self.board)["packages"], packages)
        wait_until(lambda: self.prog("counter")["runs"] > runs)
        self.must("deploy", sealed["good"], "--to", self.board)

    def test_by_the_service(self):
        with Service(self.path("device.sqlite"), TRUSTED_KEY, self.platform) as service:
            for expected in (1, 2):
                deployed = self.ask("deploy", self.path("filter.o"), "--to", self.board, "--service", service.url)
                self.assertEqual((deployed["package"], deployed["sequence"]), ("filter", expected))
            self.assertEqual(json.loads(service.ask("GET", "/v1/health")[2])["signings"], 2)
            self.assertEqual(service.ask("GET", "/v1/packages/" + deployed["digest"])[0], 200)
            done = run("deploy", self.path("out_of_bounds.o"), "--to", self.board, "--service", service.url)
            self.assertEqual(done.code, 1)
        self.assertEqual([package["name"] for package in self.ask("device", "show", self.board)["packages"]], ["filter"])

    def test_a_map_changed_by_signed_orders(self):
        self.must("deploy", self.path("filter.o"), "--to", self.board, *self.sealing)
        changed = self.ask("map", "update", self.board, "filter/dropped", "2", "41", *self.signing)
        self.assertEqual(changed["sequence"], 2)
        self.assertEqual(self.ask("map", "lookup", self.board, "dropped", "2")["value_number"], 41)
        for more in (("update", self.board, "dropped", "2", "1", "--flags", "noexist"), ("delete", self.board, "dropped", "3"),
                     ("update", self.board, "dropped", "2", "1", "--sequence", "2")):
            self.refused(1, "board-refused", "map", *more, *self.signing)
        self.refused(2, "map-value", "map", "update", self.board, "dropped", "2", "1" * 30, *self.signing)
        self.refused(2, "map-flags", "map", "update", self.board, "dropped", "2", "1", "--flags", "odd", *self.signing)
        self.refused(1, "map-not-installed", "map", "update", self.board, "nowhere", "2", "1", *self.signing)
        self.assertEqual(self.ask("map", "lookup", self.board, "dropped", "2")["value_number"], 41)
        self.must("map", "delete", self.board, "dropped", "2", *self.signing)
        self.refused(1, "map-no-entry", "map", "lookup", self.board, "dropped", "2")

    def talker(self):
        return self.write("talker.bpf.c", b'#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n#include "demo.platform.h"\n'
                          b'SEC("sensor") int talker(struct sensor_ctx *ctx) {\n  char text[] = "hello from bpf\\n";\n'
                          b"  log_text(text, sizeof text - 1);\n  return 0;\n}\n")

    def test_what_programs_print(self):
        self.must("build", self.talker(), "-I", DEMO, "-o", self.path("talker.o"))
        self.must("deploy", self.path("talker.o"), "--to", self.board, *self.sealing)
        wait_until(lambda: "hello from bpf" in self.ask("trace", self.board, "--once")["text"])


    def test_a_ring_buffer_is_watched(self):
        self.must("deploy", self.path("events.o"), "--to", self.board, *self.sealing)
        # Nobody watches: it fills, and looking takes nothing.
        wait_until(lambda: len(self.ask("map", "dump", self.board, "events/readings")["records"]) >= 20)
        held = self.ask("map", "dump", self.board, "readings")["records"]
        self.assertEqual(self.number(held[0]), 0)
        self.assertEqual(self.ask("map", "dump", self.board, "readings")["records"][:len(held)], held)

        watched = self.must("--json", "map", "watch", self.board, "events/readings", "--count", "100", "--timeout", "60")
        lines = [json.loads(line) for line in watched.out.splitlines()]
        numbers = [self.number(line["record"]) for line in lines if "record" in line]
        self.assertEqual((len(numbers), numbers[0]), (100, 0))
        # The ring buffer holds 42. What is missing behind them was lost while it was full; since then only what is told.
        self.assertEqual(numbers[:len(held)], list(range(len(held))))
        self.assertEqual(numbers, sorted(set(numbers)))
        behind = numbers[42:]
        self.assertLessEqual(behind[-1] - behind[0] + 1 - len(behind), sum(line.get("lost", 0) for line in lines))
        # In text, and it goes on behind what was taken.
        more = self.must("map", "watch", self.board, "readings", "--count", "3", "--timeout", "60").out.split()
        self.assertEqual([len(line) for line in more], [32] * 3)
        self.assertGreaterEqual(self.number(more[0]), 42)

        self.must("prog", "detach", self.board, "events", *self.signing)

        def nothing_left():
            self.must("map", "watch", self.board, "readings", "--timeout", "1")  # takes what is left, and ends
            return not self.ask("map", "dump", self.board, "readings")["records"]

        wait_until(nothing_left)
        self.refused(1, "watch-timeout", "map", "watch", self.board, "readings", "--count", "1", "--timeout", "1")
        self.refused(1, "map-not-installed", "map", "watch", self.board, "events/none")

    @staticmethod
    def number(record):
        return int.from_bytes(bytes.fromhex(record)[8:12], "little")

    def test_changes_of_an_array_are_watched(self):
        self.must("deploy", self.path("counter.o"), "--to", self.board, *self.sealing)
        lines = self.must("--json", "map", "watch", self.board, "readings", "--count", "9", "--timeout", "60").out
        changes = [json.loads(line) for line in lines.splitlines()]
        self.assertEqual([change["key"] for change in changes[:4]], ["00000000", "01000000", "02000000", "03000000"])
        self.assertEqual(len(changes), 9)

    def test_what_programs_print_as_it_comes(self):
        self.must("build", self.talker(), "-I", DEMO, "-o", self.path("talker.o"))
        with subprocess.Popen([PERDITA, "trace", self.board], stdout=subprocess.PIPE, text=True) as trace:
            try:
                self.must("deploy", self.path("talker.o"), "--to", self.board, *self.sealing)
                for line in trace.stdout:
                    if "hello from bpf" in line:
                        break
                trace.send_signal(signal.SIGINT)
                trace.stdout.read()
                self.assertEqual(trace.wait(60), 0)
            finally:
                trace.kill()


if __name__ == "__main__":
    unittest.main(verbosity=2)
