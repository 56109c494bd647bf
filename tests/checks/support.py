"""A throw-away source tree for the scripts that check the house rules."""
import os
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TOOLS = os.path.join(REPOSITORY, "tools")
sys.path.insert(0, TOOLS)


class TreeTest(unittest.TestCase):
    script = ""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = self.folder.name

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)

    def run_script(self, *arguments):
        """(exit status, lines printed) of the script on the tree."""
        done = subprocess.run(["/usr/bin/python3", "-B", os.path.join(TOOLS, self.script), self.root, *arguments],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")
        return done.returncode, done.stdout.splitlines()

    def assert_finds(self, *starts):
        """The script fails, and its findings begin with exactly these, in any order."""
        status, lines = self.run_script()
        self.assertEqual(status, 1, lines)
        findings = lines[:-1]
        self.assertEqual(len(findings), len(starts), "\n".join(findings))
        for start in starts:
            self.assertTrue(any(line.startswith(start) for line in findings),
                            f"no finding begins with {start!r} in\n" + "\n".join(findings))

    def assert_clean(self):
        status, lines = self.run_script()
        self.assertEqual((status, lines), (0, []))
