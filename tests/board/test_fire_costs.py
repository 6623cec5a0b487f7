# SPDX-License-Identifier: Apache-2.0
"""What firing a hook takes in machine instructions (boards/common/tests/fire_cost_test.cc)."""
import re
import unittest

from firmware import run


class FireCosts(unittest.TestCase):
    def test_an_empty_hook_and_one_program_in_each_engine(self):
        lines = run(self, "fire_cost_test", "fire costs: done")
        self.assertNotIn("FAILED", "\n".join(lines))
        self.assertEqual(lines[-1], "fire costs: done")
        self.assertEqual(len([line for line in lines if re.search(r": \d+ of \d+$", line)]), 5, "all were checked")


if __name__ == "__main__":
    unittest.main(verbosity=2)
