# SPDX-License-Identifier: Apache-2.0
"""Each helper's worst case on the board against its formula (boards/common/tests/helper_cost_test.cc)."""
import unittest

from firmware import run


class HelperCosts(unittest.TestCase):
    def test_formulas_hold_and_are_tight(self):
        lines = run(self, "helper_cost_test", "costs: done")
        self.assertNotIn("FAILED", "\n".join(lines))
        self.assertEqual(lines[-1], "costs: done")
        measured = {line.split()[1].rstrip(",") for line in lines if line.startswith("cost: ")}
        self.assertEqual(len(measured), 17, "each helper that an engine does not do itself: %s" % sorted(measured))


if __name__ == "__main__":
    unittest.main(verbosity=2)
