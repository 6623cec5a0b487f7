# SPDX-License-Identifier: Apache-2.0
"""Atomic instructions interrupted at each machine instruction by others on the same word (atomic_test.cc)."""
import unittest

from firmware import run


class Atomics(unittest.TestCase):
    def test_one_of_the_two_orders_explains_every_interruption(self):
        lines = run(self, "atomic_test", "atomics: done")
        self.assertNotIn("FAILED", "\n".join(lines))
        self.assertEqual(lines[-1], "atomics: done")
        points = [int(line.split()[-2]) for line in lines if line.startswith("interrupted: ")]
        self.assertEqual(len(points), 4)
        self.assertTrue(all(count > 10000 for count in points), points)


if __name__ == "__main__":
    unittest.main(verbosity=2)
