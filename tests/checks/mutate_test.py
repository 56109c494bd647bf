#!/usr/bin/python3
"""tools/mutate: what it changes, and what it leaves alone."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
import unittest

from support import TOOLS, load

PROGRAM = os.path.join(TOOLS, "mutate")


class Mutate(unittest.TestCase):
    mutate = load("mutate")

    def after(self, line, starts=True):
        return {change.after for change in self.mutate.changes_of_line("rules/a.cpp", 1, line, starts)}

    def test_comparisons_sums_answers_and_numbers(self):
        self.assertEqual(self.after("    if (rate < limit) return false;"),
                         {"    if (rate <= limit) return false;", "    if (rate < limit) return true;",
                          "    if (!(rate < limit)) return false;"})
        self.assertEqual(self.after("const auto due = now + 15min;"),
                         {"const auto due = now - 15min;", "const auto due = now + 16min;"})

    def test_statements_are_left_out_and_declarations_are_not(self):
        self.assertEqual(self.after("    publish(call.bed);"), {"    {}"})
        self.assertEqual(self.after("    call.state = CallState::calling;"), {"    {}"})
        self.assertEqual(self.after("    call.state = CallState::calling;", starts=False), set())
        self.assertEqual(self.after("    const Duration own = policy.wait;"), set())
        self.assertEqual(self.after("    return ring(call, policy);"), set())

    def test_templates_text_comments_and_directives_stay(self):
        for line in ('#include <vector>', '    // if (a < b) return true;', '    std::vector<int> all;',
                     '    const char* text = "1 < 2 && 3";', "    const char c = '\\'';"):
            self.assertEqual(self.after(line), set(), line)

    def test_the_faults_of_the_list_are_of_this_tree(self):
        faults = self.mutate.read_faults([])
        self.assertGreaterEqual(len(faults), 20)
        self.assertEqual(len({fault["name"] for fault in faults}), len(faults))
        for fault in faults:
            self.assertNotEqual(fault["find"], fault["put"], fault["name"])
            self.assertTrue(fault["build"] and fault["seen_by"], fault["name"])
        self.assertEqual([f["name"] for f in self.mutate.read_faults(["gap-untold"])], ["gap-untold"])
        with self.assertRaises(SystemExit):
            self.mutate.read_faults(["none-of-this-name"])

    def test_the_tests_of_a_fault_are_asked_for_by_their_whole_names(self):
        pattern = re.compile(self.mutate.pattern_of(["Shelve.*", "system_disk"]))
        for name in ("Shelve.ComesBack", "system_disk"):
            self.assertTrue(pattern.search(name), name)
        for name in ("XShelve.ComesBack", "ShelveXComesBack", "system_disk_full"):
            self.assertFalse(pattern.search(name), name)

    def copy_with_tests(self):
        """As if these were the tests of the copy: one passes, one fails, and one never ends and may take long for it."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(setattr, self.mutate, "COPY", self.mutate.COPY)
        self.mutate.COPY = pathlib.Path(folder.name)
        tests = self.mutate.COPY / "src" / "build" / "dev"
        tests.mkdir(parents=True)
        (tests / "CTestTestfile.cmake").write_text(f'''
add_test(Small.good "true")
add_test(Small.bad "false")
add_test(Small.aborts "sh" "-c" "kill -ABRT $$")
add_test(endless "sh" "-c" "echo $$ > {tests}/began; sleep infinity & wait")
set_tests_properties(endless PROPERTIES TIMEOUT 100000)
''', encoding="utf-8")
        return tests

    def test_what_fails_is_told_however_it_ends(self):
        self.copy_with_tests()
        self.assertEqual(self.mutate.failing(["Small.good"], 60), [])
        self.assertEqual(sorted(self.mutate.failing(["Small.*"], 60)), ["Small.aborts", "Small.bad"])

    def test_a_test_that_never_ends_is_ended_with_all_that_it_began(self):
        tests = self.copy_with_tests()
        for seconds in (2, 20, 200):  # a busy machine may not even have begun it
            self.assertEqual(self.mutate.failing(["endless"], seconds), ["ran without end"])
            if (tests / "began").exists():
                break
        began = int((tests / "began").read_text(encoding="utf-8"))
        end = time.monotonic() + 60
        while os.path.exists(f"/proc/{began}") and time.monotonic() < end:
            time.sleep(0.01)
        self.assertFalse(os.path.exists(f"/proc/{began}"))

    def test_a_name_of_no_test_is_told_also_among_others(self):
        self.copy_with_tests()
        self.assertEqual(self.mutate.not_there(["Small.*", "endless", "Small.goo", "Large.*"]), ["Small.goo", "Large.*"])
        with self.assertRaises(SystemExit):
            self.mutate.failing(["Large.*"], 60)

    def test_the_list_is_of_the_tree_and_the_same_each_time(self):
        def listed(*more):
            done = subprocess.run([PROGRAM, "--list", "--json", *more], capture_output=True, text=True, check=True)
            return [json.loads(line) for line in done.stdout.splitlines()]

        calls = listed("--under", "rules/escalation/call.cpp")
        self.assertGreater(len(calls), 50)
        self.assertEqual(calls, listed("--under", "rules/escalation/call.cpp"))
        one = calls[0]
        self.assertEqual([c for c in calls if c["line"] == one["line"]],
                         listed("--at", f"{one['file']}:{one['line']}"))
        with open(os.path.join(TOOLS, "..", one["file"]), encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines()[one["line"] - 1].strip(), one["before"])
        done = subprocess.run([PROGRAM, "--under", "rules/none"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (2, ""))


if __name__ == "__main__":
    unittest.main()
