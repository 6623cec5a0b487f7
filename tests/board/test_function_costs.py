# SPDX-License-Identifier: Apache-2.0
"""The demo platform's functions on the board against what the platform promises of them (function_cost_test.cc)."""
import unittest

from firmware import run


class FunctionCosts(unittest.TestCase):
    def test_promises_hold_and_are_tight(self):
        lines = run(self, "function_cost_test", "costs: done")
        self.assertNotIn("FAILED", "\n".join(lines))
        self.assertEqual(lines[-1], "costs: done")
        measured = {line.split()[1].rstrip(",") for line in lines if line.startswith("cost: ")}
        self.assertEqual(measured, {"sensor_read", "led_set", "log_text", "fill"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
