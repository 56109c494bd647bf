#!/usr/bin/python3
"""docs/alarms.md tells of every alarm condition of the program and its packs, in the program's words, and of no other.

  alarms_test.py REPOSITORY MAGWATCH
"""
import json
import pathlib
import re
import subprocess
import sys
import unittest

REPOSITORY, MAGWATCH = (pathlib.Path(word).resolve() for word in sys.argv[1:3])
ROW = re.compile(r"^\| (?P<message>[^|]+)<br>`(?P<id>[^`|]+)` \| (?P<urgency>[^|]+) \| (?P<means>[^|]+) \| (?P<do>[^|]+) \|$")
SENTENCE = re.compile(r"A (high|medium|low) (physiological|technical) alarm(?: of grade (\d))?")


def asked(*words):
    done = subprocess.run([MAGWATCH, "rules", "explain", *words, "--json"], capture_output=True, text=True, timeout=120,
                          check=True)
    return json.loads(done.stdout)


def urgency(about):
    priority, kind, grade = SENTENCE.match(about["sentence"]).groups()
    words = ("technical, " if kind == "technical" else "") + priority + (f", grade {grade}" if grade else "")
    return words + (", all at once" if about["fields"].get("together", {}).get("value") == "true" else "")


def conditions():
    """{id: the pack whose words count}: the built-in pack's, else those of the first shipped pack that has it."""
    found = dict.fromkeys(asked("--list")["conditions"], "minimal")
    for pack in sorted((REPOSITORY / "rules/packs").glob("*.toml")):
        if not pack.name.endswith(".test.toml"):
            for one in asked("--list", "--pack", str(pack))["conditions"]:
                found.setdefault(one, str(pack))
    return found


class Alarms(unittest.TestCase):
    def test_every_condition_is_told_in_the_programs_words_and_no_other(self):
        told = {}
        for line in (REPOSITORY / "docs/alarms.md").read_text().splitlines():
            if "<br>" in line:
                row = ROW.match(line)
                self.assertIsNotNone(row, line)
                self.assertNotIn(row["id"], told, "told twice")
                told[row["id"]] = (row["message"], row["urgency"], row["do"])
                self.assertGreater(len(row["means"]), 15, row["id"])
        real = {}
        for one, pack in conditions().items():
            about = asked(one, "--pack", pack)
            if about.get("rings", True):
                real[one] = (about["message"], urgency(about), about["prompt"])
        self.assertGreater(len(real), 100)
        self.assertEqual(sorted(told), sorted(real))
        for one, words in real.items():
            self.assertEqual(told[one], words, one)

    def test_every_urgency_is_explained(self):
        text = (REPOSITORY / "docs/alarms.md").read_text()
        explained = set(re.findall(r"^\| (high, all at once|high|medium|low|technical, \.\.\.) \|", text, re.M))
        for line in text.splitlines():
            row = ROW.match(line)
            if row:
                plain = re.sub(r", grade \d", "", row["urgency"]).replace("technical, ", "")
                self.assertIn(plain, explained, row["id"])
                self.assertTrue("grade" not in row["urgency"] or "**Grade 1**" in text)

    def test_no_row_holds_a_dose(self):
        for line in (REPOSITORY / "docs/alarms.md").read_text().splitlines():
            if "<br>" in line:
                self.assertNotRegex(line, r"\d+ ?(g|mL|ml|mg)\b", line)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
