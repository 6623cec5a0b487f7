# SPDX-License-Identifier: Apache-2.0
"""What an instance takes of the runtime's memory (boards/common/tests/instance_test.cc)."""
import unittest

from firmware import run

MOST_BYTES = 256


class Instance(unittest.TestCase):
    def test_one_program_with_one_subprogram(self):
        lines = run(self, "instance_test", "instance: done")
        self.assertNotIn("FAILED", "\n".join(lines))
        self.assertEqual(lines[-1], "instance: done")
        counted = [int(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("instance: all ")]
        self.assertEqual(len(counted), 1)
        self.assertLessEqual(counted[0], MOST_BYTES)


if __name__ == "__main__":
    unittest.main(verbosity=2)
