"""What the tests of the scripts share: a script as a module, and a throw-away source tree to run it on."""
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import tempfile
import unittest

REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
TOOLS = os.path.join(REPOSITORY, "tools")
sys.path.insert(0, TOOLS)


def load(name):
    """The program of this name, whose file has no ending, as a module: none that is installed has its name."""
    loader = importlib.machinery.SourceFileLoader(f"tool_{name}", os.path.join(TOOLS, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


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
