#!/usr/bin/python3
"""check_hazards.py refuses rows without a test, with a test that does not exist, and double rows."""
import os
import unittest

from support import TreeTest

TABLE = "# Hazards\n\n| Id | Hazard | Control | Where | Test |\n|---|---|---|---|---|\n"


class Hazards(TreeTest):
    script = "check_hazards.py"

    def setUp(self):
        super().setUp()
        self.write("build/CTestTestfile.cmake", 'add_test(Ward.Pages "/bin/true")\nadd_test(layers "/bin/true")\n')
        self.write("tests/fuzz/mllp/CMakeLists.txt", "")

    def findings(self, rows):
        self.write("docs/HAZARDS.md", TABLE + rows)
        return self.run_script(os.path.join(self.root, "build"))

    def test_existing_tests_are_right(self):
        rows = "| D1 | frozen | counter | rules | `Ward.Pages`, `layers` |\n| D2 | a | b | c | `Ward.*` `fuzz_mllp` |\n"
        self.assertEqual(self.findings(rows), (0, []))

    def test_a_test_that_does_not_exist(self):
        status, lines = self.findings("| D1 | frozen | counter | rules | `Ward.Pages`, `Ward.Gone` |\n")
        self.assertEqual((status, lines),
                         (1, ["docs/HAZARDS.md:5: D1 names a test that does not exist: Ward.Gone"]))
        self.assertEqual(self.findings("| D1 | a | b | c | `fuzz_gone` |\n")[0], 1)
        self.assertEqual(self.findings("| D1 | a | b | c | `War.*` |\n")[0], 1)

    def test_a_row_without_a_test(self):
        status, lines = self.findings("| D1 | frozen | counter | rules | later |\n")
        self.assertEqual(status, 1)
        self.assertIn("docs/HAZARDS.md:5: D1 names no test", lines[0])

    def test_a_double_row_and_an_empty_table(self):
        self.assertEqual(self.findings("| D1 | a | b | c | `layers` |\n| D1 | a | b | c | `layers` |\n")[0], 1)
        self.assertEqual(self.findings("")[0], 1)


if __name__ == "__main__":
    unittest.main()
