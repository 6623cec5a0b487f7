# SPDX-License-Identifier: Apache-2.0
"""Hooks that interrupt hooks, on the board's own instructions: each level by each that may interrupt it, at every
instruction of a firing, in each engine. What is tested stands in the firmware
(boards/mps2-an385/tests/levels_test.cc); here it is run and read."""
import unittest

from firmware import run


class Levels(unittest.TestCase):
    def test_fired_hooks_interrupted_at_every_instruction(self):
        lines = run(self, "levels_test", "levels: done")
        self.assertNotIn("FAILED", "\n".join(lines))
        self.assertEqual(lines[-1], "levels: done")
        points = [line for line in lines if line.startswith("interrupted: ")]
        self.assertEqual(len(points), 33)
        least = {"interpreter:": 300, "guarded:": 300, "native:": 150}
        self.assertTrue(all(int(line.split()[-5]) > least[line.split()[1]] for line in points), points)


if __name__ == "__main__":
    unittest.main(verbosity=2)
