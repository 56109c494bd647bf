#!/usr/bin/python3
"""tools/test counts as passed only what ran and passed."""
import os
import subprocess
import unittest

from support import TOOLS, TreeTest

JUNIT = """<?xml version="1.0"?>
<testsuite tests="5" failures="1" skipped="1" disabled="1">
  <testcase name="A.Passes" time="0.5" status="run"/>
  <testcase name="A.Fails" time="1.5" status="fail"><failure message="no"/>
    <system-out>expected 1, was 2</system-out></testcase>
  <testcase name="A.Skipped" time="0" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>
  <testcase name="A.Disabled" time="0" status="disabled"/>
  <testcase name="a_NOT_BUILT" time="0" status="notrun"><skipped message="Unable to find executable"/></testcase>
</testsuite>
"""


class Results(TreeTest):
    def results(self, *arguments):
        done = subprocess.run(["/usr/bin/python3", "-B", os.path.join(TOOLS, "test_results.py"), *arguments],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.splitlines()

    def test_what_did_not_run_has_failed(self):
        self.write("tests.xml", JUNIT)
        status, lines = self.results("junit", "dev", os.path.join(self.root, "tests.xml"), self.root)
        self.assertEqual(status, 0)
        self.assertEqual([line.split()[0] for line in lines], ["pass", "fail", "fail", "fail", "fail"])
        self.assertEqual(lines[0], "pass 0.500 dev: A.Passes")
        self.write("results", "\n".join(lines) + "\n")
        status, lines = self.results("report", os.path.join(self.root, "results"), self.root)
        self.assertEqual((status, lines[-1]), (1, "1 passed, 4 failed"))
        self.assertIn("expected 1, was 2", lines)

    def test_a_missing_or_damaged_file_is_an_error(self):
        self.assertEqual(self.results("junit", "dev", os.path.join(self.root, "none.xml"), self.root)[0], 1)
        self.write("half.xml", JUNIT[:200])
        self.assertEqual(self.results("junit", "dev", os.path.join(self.root, "half.xml"), self.root)[0], 1)

    def test_all_passed(self):
        self.write("results", "pass 1.0 dev: A.B\npass 10.0 fuzz_x\n")
        status, lines = self.results("report", os.path.join(self.root, "results"), self.root)
        self.assertEqual((status, lines[-1]), (0, "2 passed, 0 failed"))

    def test_nothing_run_is_a_failure(self):
        self.write("results", "")
        status, lines = self.results("report", os.path.join(self.root, "results"), self.root)
        self.assertEqual((status, lines[-1]), (1, "0 passed, 1 failed"))


if __name__ == "__main__":
    unittest.main()
