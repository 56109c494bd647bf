#!/usr/bin/python3
"""docs/vocabulary.md has every MDC code that becomes a signal and every name of a unit, as the code has them.

  vocabulary_test.py REPOSITORY
"""
import pathlib
import re
import sys
import unittest

REPOSITORY = pathlib.Path(sys.argv[1]).resolve()
TEXT = (REPOSITORY / "docs/vocabulary.md").read_text()


class Vocabulary(unittest.TestCase):
    def test_every_code_of_a_signal_is_told_and_no_other(self):
        source = (REPOSITORY / "adapters/monitors/hl7/codes.cpp").read_text()
        real = {(number, "MDC_" + name, signal)
                for number, name, signal in re.findall(r'\{(\d+), "([A-Z0-9_]+)", U::\w+, S::(\w+)', source)}
        told = {(number, name, signal) for signal, codes in re.findall(r"^\| `(\w+)` \| [^|]+ \| (\d[^|]+) \|$", TEXT, re.M)
                for number, name in re.findall(r"(\d+) (MDC_\w+)", codes)}
        self.assertGreater(len(real), 60)
        self.assertEqual(told, real)

    def test_every_unit_is_told_and_no_other(self):
        source = (REPOSITORY / "rules/observation/unit.cpp").read_text()
        real = re.findall(r'"([^"]+)"', re.search(r"names = \{(.*?)\};", source, re.S)[1])
        told = re.findall(r"^\| `([^`]+)` \|", TEXT.partition("## Units")[2], re.M)
        self.assertEqual(told, real)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
