#!/usr/bin/python3
"""The bill of materials names what is really in the programs, the same way twice.

  sbom_test.py ROOT BUILD
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT, BUILD = sys.argv[1:3]
TOOL = os.path.join(ROOT, "tools", "sbom")


def made():
    return subprocess.run([TOOL, BUILD], capture_output=True, text=True, check=True).stdout


class Sbom(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = made()
        cls.bill = json.loads(cls.text)
        cls.components = {component["bom-ref"]: component for component in cls.bill["components"]}
        cls.names = {component["name"] for component in cls.components.values()}

    def test_01_the_same_build_gives_the_same_bytes(self):
        self.assertEqual(self.text, made())

    def test_02_has_what_the_standard_requires(self):
        self.assertEqual((self.bill["bomFormat"], self.bill["specVersion"], self.bill["version"]), ("CycloneDX", "1.5", 1))
        self.assertRegex(self.bill["serialNumber"], r"^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertEqual(len(self.components), len(self.bill["components"]), "a bom-ref twice")
        for component in self.components.values():
            self.assertIn(component["type"], ("application", "library"))
            self.assertTrue(component["name"])
            if component["type"] == "library":
                self.assertTrue(component["version"], component["name"])
                self.assertRegex(component["purl"], r"^pkg:(deb/debian|npm)/[^@]+@\S+$")
        refs = set(self.components) | {"magwatch"}
        for dependency in self.bill["dependencies"]:
            self.assertLessEqual({dependency["ref"], *dependency["dependsOn"]}, refs)

    def test_03_every_library_that_a_program_needs_is_in_it(self):
        needs = {}
        for program in ("magwatchd", "magwatch", "magwatch-simulator", "magwatch-deadman"):
            needed = subprocess.run(["readelf", "-d", os.path.join(BUILD, "bin", program)], capture_output=True, text=True,
                                    check=True, env={**os.environ, "LC_ALL": "C"}).stdout
            needs[program] = re.findall(r"\(NEEDED\).*\[(\S+)\]", needed)
            self.assertTrue(needs[program], program)
        found = subprocess.run(["dpkg-query", "-S", *{f"*/{soname}" for sonames in needs.values() for soname in sonames}],
                               capture_output=True, text=True, check=True).stdout
        for program, sonames in needs.items():
            [depends] = [d["dependsOn"] for d in self.bill["dependencies"] if d["ref"] == f"program:{program}"]
            packages = {self.components[ref]["name"] for ref in depends}
            for soname in sonames:
                owners = {owner.split(":")[0] for line in found.splitlines() if line.endswith(f"/{soname}")
                          for owner in line.rpartition(": ")[0].split(", ")}
                self.assertTrue(owners & packages, f"{program} needs {soname} of {owners}")

    def test_04_what_has_headers_alone_is_in_it_too(self):
        self.assertLessEqual({"libboost1.81-dev", "nlohmann-json3-dev", "libtomlplusplus-dev", "libcli11-dev"}, self.names)

    def test_05_a_folder_that_was_not_built_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run([TOOL, folder], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("tools/sbom: ", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
