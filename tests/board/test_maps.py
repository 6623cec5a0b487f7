# SPDX-License-Identifier: Apache-2.0
"""Map operations on the board's own instructions: interrupted everywhere, and how long they lock interrupts out. What is
tested stands in the firmware (boards/common/tests/map_test.cc); here it is run and read."""
import unittest

from firmware import run


class Maps(unittest.TestCase):
    def test_interrupted_at_every_instruction_and_locked_briefly(self):
        lines = run(self, "map_test", "maps: done")
        self.assertNotIn("FAILED", "\n".join(lines))
        self.assertEqual(lines[-1], "maps: done")
        points = [line for line in lines if line.startswith("interrupted: ")]
        locked = [line for line in lines if line.startswith("locked: ")]
        self.assertGreaterEqual(len(points), 14)
        self.assertGreaterEqual(len(locked), 7)
        self.assertTrue(all(int(line.split()[-2]) > 1000 for line in points), points)


if __name__ == "__main__":
    unittest.main(verbosity=2)
