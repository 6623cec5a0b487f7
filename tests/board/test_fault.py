# SPDX-License-Identifier: Apache-2.0
"""A board whose stack runs over says so and restarts (boards/common/tests/fault_test.cc)."""
import unittest

from firmware import run


class Fault(unittest.TestCase):
    def test_the_stack_runs_over(self):
        starts = []

        def restarted(line):
            if line.startswith("fault: started"):
                starts.append(line)
            return len(starts) == 2 or "FAILED" in line

        lines = run(self, "fault_test", restarted, timeout_s=60)
        self.assertEqual(len(starts), 2, lines)
        self.assertEqual(len([line for line in lines if "perdita fault: " in line]), 1, lines)
        self.assertIn(" the stack had run over", lines)
        self.assertIn("perdita: restarting", lines)


if __name__ == "__main__":
    unittest.main(verbosity=2)
