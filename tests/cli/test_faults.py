# SPDX-License-Identifier: Apache-2.0
"""A program that faults on the emulated board: the version before it comes back, and the fault is shown in source lines."""
import os
import unittest

import test_device
from perdita import DEMO, SOURCE, CommandTest
from test_device import TRUSTED_KEY, wait_until

UNCLAIMED = os.path.join(SOURCE, "build", "mps2-an385", "bin", "firmware_unclaimed.elf")

# Proved, but the guarded engine, which an author's signature alone gets, ends it after 10,000 instructions.
SPIN = b"""#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "demo.platform.h"

static __attribute__((noinline)) int spin(int turns) {
  volatile int sum = 0;
  for (int i = 0; i < 4000; i++) sum += turns;
  return sum;
}

SEC("sensor")
int counter(struct sensor_ctx* ctx) {
  return spin(ctx->value) & 1;
}
"""


class Faults(CommandTest):
    objects = ("counter",)

    @classmethod
    def setUpClass(cls):
        for needed in (UNCLAIMED, TRUSTED_KEY):
            if not os.path.exists(needed):
                raise unittest.SkipTest("script/build mps2-an385 makes " + needed)
        super().setUpClass()

    def test_shown_in_source_lines_and_given_way(self):
        emulator = test_device.Emulator(UNCLAIMED).__enter__()
        self.addCleanup(emulator.__exit__)
        board = emulator.uri().rstrip("/")
        sealing = ("--key", TRUSTED_KEY, "--platform", self.platform)
        self.write("spin.bpf.c", SPIN)
        self.must("build", self.path("spin.bpf.c"), "-I", DEMO, "-o", self.path("spin.o"))
        self.must("deploy", self.path("counter.o"), "--to", board, *sealing)
        self.must("prog", "replace", board, self.path("spin.o"), "--name", "counter", "--no-claim", *sealing)

        def show(*more):
            return self.must("--json", "prog", "show", board, "counter/counter", *more).json()

        wait_until(lambda: show()["last_fault"] is not None)
        fault = show("--object", self.path("spin.o"))
        self.assertEqual((fault["last_fault"], fault["last_fault_sequence"], fault["attached"]), ("out_of_steps", 2, True))
        self.assertEqual([place["line"] for place in fault["last_fault_places"]], [9, 15])
        text = self.must("prog", "show", board, "counter", "--object", self.path("spin.o")).out
        self.assertRegex(text, r"faulted at .*spin\.bpf\.c:9:.*\n  called from .*spin\.bpf\.c:15:")
        self.assertEqual(len(self.must("prog", "list", board).out.splitlines()), 1)
        packages = self.must("--json", "device", "show", board).json()["packages"]
        self.assertEqual((packages[0]["sequence"], packages[0]["kept_sequence"]), (1, 0))


if __name__ == "__main__":
    unittest.main(verbosity=2)
