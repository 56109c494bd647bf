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
        rows = "| D1 | frozen (5) | counter | rules | `Ward.Pages`, `layers` |\n| D2 | a (1) | b | c | `Ward.*` `fuzz_mllp` |\n"
        self.assertEqual(self.findings(rows), (0, []))

    def test_a_test_that_does_not_exist(self):
        status, lines = self.findings("| D1 | frozen (5) | counter | rules | `Ward.Pages`, `Ward.Gone` |\n")
        self.assertEqual((status, lines),
                         (1, ["docs/HAZARDS.md:5: D1 names a test that does not exist: Ward.Gone"]))
        self.assertEqual(self.findings("| D1 | a (1) | b | c | `fuzz_gone` |\n")[0], 1)
        self.assertEqual(self.findings("| D1 | a (1) | b | c | `War.*` |\n")[0], 1)

    def test_a_control_of_the_gravest_hazards_whose_test_did_not_run(self):
        rows = "| D1 | dies (5) | a | b | `Ward.*`, `fuzz_mllp` |\n| D2 | late (4) | a | b | `layers` |\n"
        self.write("docs/HAZARDS.md", TABLE + rows)
        results = os.path.join(self.root, "results")

        def after(*lines):
            self.write("results", "".join(line + "\n" for line in lines))
            return self.run_script("--ran", results)

        self.assertEqual(after("pass 1.0 dev: Ward.Pages", "fail 10 fuzz_mllp"), (0, []), "a failure counts elsewhere")
        gone = "docs/HAZARDS.md:5: D1 names a test that did not run: "
        self.assertEqual(after("pass 1.0 asan: Ward.Pages", "pass 10 fuzz_mllp"), (1, [gone + "Ward.*"]))
        self.assertEqual(after("fail 0 dev: Ward.Pages (notrun)", "pass 10 fuzz_mllp"), (1, [gone + "Ward.*"]))
        self.assertEqual(after("pass 1.0 dev: Ward.Pages"), (1, [gone + "fuzz_mllp"]))

    def test_a_row_without_a_test(self):
        status, lines = self.findings("| D1 | frozen (5) | counter | rules | later |\n")
        self.assertEqual(status, 1)
        self.assertIn("docs/HAZARDS.md:5: D1 names no test", lines[0])

    def test_a_row_without_a_severity_is_no_row_of_little_weight(self):
        for first in ("dies", "dies (5); or not", "dies (five)"):
            status, lines = self.findings(f"| D1 | {first} | a | b | `layers` |\n")
            self.assertEqual(status, 1)
            self.assertIn("D1 says no severity", lines[0])

    def test_a_double_row_and_an_empty_table(self):
        self.assertEqual(self.findings("| D1 | a (1) | b | c | `layers` |\n| D1 | a (1) | b | c | `layers` |\n")[0], 1)
        self.assertEqual(self.findings("")[0], 1)


if __name__ == "__main__":
    unittest.main()
