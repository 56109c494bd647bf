#!/usr/bin/python3
"""magwatch as scripts use it: help, exit codes, JSON, and what it sends to a daemon."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = sys.argv[3]
MAGWATCH = sys.argv[1]
sys.path.insert(0, os.path.join(ROOT, "tests", "integration", "http"))
import support  # noqa: E402

OK, FAILED, USAGE, UNREACHABLE = 0, 1, 2, 4
AT = "2026-01-02T03:04:05Z"
ENTRIES = [
    ["reflex", "bed-3", "--site", "knee", "--grade", "1"],
    ["reflex", "bed-3", "--not-possible", "both legs in plaster"],
    ["urine", "bed-3", "--ml", "30", "--since", "2026-01-02T02:04:05Z", "--at", AT],
    ["avpu", "bed-3", "--value", "voice"],
    ["rr", "bed-3", "--per-min", "9", "--at", AT],
    ["level", "bed-3", "--value", "3.9", "--unit", "mmol/L", "--drawn-at", AT],
    ["creatinine", "bed-3", "--value", "1.1", "--unit", "mg/dL", "--drawn-at", AT],
    ["bp", "bed-3", "--systolic", "120", "--diastolic", "70"],
    ["infusion", "bed-3", "--g-per-h", "1"],
    ["infusion", "bed-3", "--ml-per-h", "12.5", "--concentration", "80", "--concentration-unit", "mg/mL"],
    ["bolus", "bed-3", "--g", "4", "--over", "20min"],
    ["stop", "bed-3"],
    ["dose", "--bed", "bed-3", "--route", "im", "--g", "5"],
    ["symptom", "--bed", "bed-3", "--symptom", "slurred speech", "--symptom", "flushing", "--gone", "nausea"],
    ["symptom", "--bed", "bed-3", "--none", "--at", AT],
    ["sedation", "bed-3", "--drug", "morphine", "--at", AT],
    ["fit", "bed-3"],
    ["screening", "bed-3", "--yes", "digoxin", "--unknown", "myasthenia", "--others", "no"],
    ["decision", "bed-3", "--about", "setting", "--reason", "transfer is arranged"],
    ["session", "bed-3", "--indication", "wellness", "--setting", "clinic", "--plan-g", "1", "--plan-g-per-h", "1",
     "--plan-for", "60min", "--component", "vitamin C"],
    ["level", "bed-3", "--value", "3.9", "--unit", "mmol/L", "--drawn-at", AT, "--infusion-arm", "yes"],
    ["fact", "bed-3", "--postpartum", "yes", "--gestation", "34"],
]
WHO = ["--person", "midwife-1"]
CHANGES = [
    ["watch", "start", "bed-4", "--weight-kg", "80", "--creatinine", "70", "--epidural", "yes", "--calcium", "no"],
    ["watch", "transfer", "bed-3", "bed-4"],
    ["watch", "confirm", "bed-3"],
    ["watch", "end", "bed-3", "--reason", "delivered", "--second-person", "midwife-2"],
    ["alarms", "ack", "3-7"],
    ["alarms", "shelve", "3-7", "--reason", "other", "--minutes", "60", "--note", "in theatre"],
    ["alarms", "unshelve", "3-7"],
    ["enter", "second-check", "bed-3"],
    ["calls", "answer", "#1207", "coming"],
    ["calls", "answer", "3-8", "here"],
    ["pause", "bed-3", "--seconds", "60"],
    ["limits", "set", "bed-3", "rr_stop", "10 /min", "--for", "2h", "--reason", "asleep"],
    ["limits", "end", "bed-3", "rr_stop"],
    ["protocol", "open", "bed-3", "--grade", "2", "--reason", "looks unwell"],
    ["protocol", "open", "bed-3", "--arrest"],
    ["protocol", "done", "bed-3", "stop"],
    ["protocol", "done", "bed-3", "decision", "--text", "ends"],
    ["protocol", "start", "bed-3", "calcium", "--second", "midwife-2"],
    ["protocol", "second", "bed-3", "calcium"],
    ["protocol", "better", "bed-3", "calcium"],
    ["protocol", "result", "bed-3", "bloods"],
    ["protocol", "not-done", "bed-3", "tilt", "--reason", "born"],
    ["protocol", "close", "bed-3", "--reason", "recovered", "--doctor", "Dr 1"],
]
LISTS = [(["status"], "ward"), (["beds"], "bed-3"), (["beds", "bed-4"], "bed-4"), (["sources"], "monitor-3"),
         (["alarms", "list"], "Slow breathing"), (["calls", "list"], "#1207"), (["pages", "list"], "midwife-1"),
         (["protocol", "show", "bed-3"], "giving in "), (["protocol", "show", "bed-4"], "no checklist")]


def run(*arguments, **environment):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAGWATCH_")}
    clean.update(environment)
    return subprocess.run([MAGWATCH, *arguments], capture_output=True, text=True, check=False, timeout=300, env=clean)


def subcommands(*path):
    """Every path of subcommands, by what --help lists."""
    shown = run(*path, "--help")
    found = [path]
    section = shown.stdout.partition("Subcommands:\n")[2]
    for line in section.splitlines():
        name = re.match(r"  ([a-z0-9]+) ", line)
        if not name:
            continue
        found += subcommands(*path, name.group(1))
    return found


class Usage(unittest.TestCase):
    def test_every_subcommand_explains_itself(self):
        every = subcommands()
        self.assertGreaterEqual(len(every), 35, every)
        for path in every:
            shown = run(*path, "--help")
            self.assertEqual((shown.returncode, shown.stderr), (OK, ""), path)
            self.assertIn("Usage:", shown.stdout)
            # The demo is a story to be watched; each of its programs has its own --json.
            if "Subcommands:" not in shown.stdout and path != ("demo",):
                self.assertIn("--json", shown.stdout, path)

    def test_a_wrong_command_line_is_2(self):
        for path in subcommands():
            self.assertEqual(run(*path, "--no-such-option").returncode, USAGE, path)
        for line in ([], ["nothing"], ["watch"], ["enter", "reflex"], ["enter", "reflex", "bed-3", "--grade", "x"],
                     ["enter", "reflex", "bed-3", *WHO],
                     ["enter", "reflex", "bed-3", "--site", "knee", "--grade", "1", "--not-possible", "x", *WHO],
                     ["calls", "answer", "1207", "maybe", *WHO],
                     ["enter", "bolus", "b", "--g", "4", "--over", "x", *WHO],
                     ["enter", "rr", "b", "--per-min", "9", "--at", "noon", *WHO], ["enter", "infusion", "b", *WHO],
                     ["enter", "infusion", "b", "--ml-per-h", "5", *WHO], ["watch", "confirm", "bed-3"],
                     ["modbus", "probe", "map.toml", "not an address"],
                     ["hl7", "decode", os.path.join(ROOT, "README.md"), "--zone", "Mars"]):
            shown = run(*line)
            self.assertEqual((shown.returncode, shown.stdout), (USAGE, ""), line)
            self.assertNotEqual(shown.stderr, "", line)

    def test_version(self):
        self.assertIn("magwatch ", run("version").stdout)
        self.assertEqual(run("--version").returncode, OK)
        self.assertIn("version", json.loads(run("version", "--json").stdout))

    def test_no_daemon_is_4(self):
        with tempfile.TemporaryDirectory() as folder:
            nowhere = os.path.join(folder, "none.sock")
            for line in [name for name, _ in LISTS] + [change + WHO for change in CHANGES] + \
                    [["enter"] + entry + WHO for entry in ENTRIES]:
                shown = run(*line, "--socket", nowhere)
                self.assertEqual((shown.returncode, shown.stdout), (UNREACHABLE, ""), line)
                self.assertIn(nowhere, shown.stderr)
            self.assertEqual(run("status", MAGWATCH_SOCKET=nowhere).returncode, UNREACHABLE)


class WithDaemon(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ward = support.FakeWard(ward_ms=200)
        cls.to = ["--socket", cls.ward.socket_path]

    @classmethod
    def tearDownClass(cls):
        code = cls.ward.stop()
        assert code == 0, f"the server ended with {code}"

    def test_lists_for_people_and_for_scripts(self):
        for line, word in LISTS:
            shown = run(*line, *self.to)
            self.assertEqual((shown.returncode, shown.stderr), (OK, ""), line)
            self.assertIn(word, shown.stdout, line)
            self.assertNotIn("\x1b", shown.stdout)
            self.assertEqual(json.loads(run(*line, "--json", *self.to).stdout)["simulation"], False, line)
        beds = run("beds", *self.to).stdout.splitlines()
        self.assertEqual(len(beds), 3)
        self.assertEqual(len(beds[1].split("\t")), len(beds[0].split("\t")))
        # A stale value is not shown as a value.
        self.assertIn("? (was 14 at", beds[1].split("\t")[3])

    def test_every_change_reaches_the_ward(self):
        self.ward.said()
        for line in CHANGES + [["enter"] + entry for entry in ENTRIES]:
            shown = run(*line, *WHO, *self.to)
            self.assertEqual((shown.returncode, shown.stdout), (OK, "stored\n"), (line, shown.stderr))
            expected = 2 if {"bp", "fact"} & set(line) else 1
            self.assertEqual([said["person"] for said in self.ward.said()], ["midwife-1"] * expected, line)
            refused = run(*line, "--person", "refuse", *self.to)
            self.assertEqual((refused.returncode, refused.stdout), (FAILED, ""), line)
            self.assertIn("the ward says no", refused.stderr)
            self.ward.said()

    def test_a_checklist_says_what_is_missing_and_what_applies(self):
        shown = run("protocol", "show", "bed-3", *self.to).stdout
        for words in ("MG-7 v3, approved 2026-05-01 by Dr A. Lead", "CAUTION: DIGOXIN: ask the doctor.",
                      "calcium gluconate 10 % 10 mL (1 g) over 10 min", "SECOND CHECK MISSING", "The team decides."):
            self.assertIn(words, shown)
        self.assertNotIn("EXAMPLE", shown)

    def test_a_person_may_come_from_the_environment(self):
        self.assertEqual(run("enter", "stop", "bed-3", *self.to, MAGWATCH_PERSON="midwife-9").returncode, OK)
        self.assertEqual([said["person"] for said in self.ward.said()], ["midwife-9"])

    def test_an_entry_that_was_not_confirmed_is_asked_again_with_the_same_key(self):
        self.ward.said()
        shown = run("enter", "stop", "bed-3", "--person", "silent", *self.to)
        self.assertEqual(shown.returncode, FAILED)
        self.assertIn("not confirmed", shown.stderr)
        keys = [said["input"] for said in self.ward.said()]
        self.assertEqual(len(keys), 3)
        self.assertEqual(len(set(keys)), 1)

    def test_a_prediction_of_a_watched_bed_is_no_all_clear(self):
        shown = run("predict", "--bed", "bed-3", *self.to)
        self.assertEqual(shown.returncode, OK, shown.stderr)
        self.assertIn("P50", shown.stdout)
        self.assertIn("no number here is an all-clear", shown.stderr)
        self.assertIn("0.8 mg/dL was assumed", shown.stderr)
        points = json.loads(run("predict", "--bed", "bed-3", "--json", *self.to).stdout)["points"]
        self.assertEqual(len(points), len(shown.stdout.splitlines()) - 1)
        self.assertEqual(run("predict", "--bed", "bed-4", *self.to).returncode, FAILED)
        self.assertEqual(run("predict", "--bed", "bed-3", "--weight-kg", "70").returncode, USAGE)

    def test_refusals_by_name(self):
        shown = run("beds", "bed-9", *self.to)
        self.assertEqual(shown.returncode, FAILED)
        self.assertIn("bed-9", shown.stderr)
        shown = run("enter", "level", "bed-3", "--value", "25", "--unit", "mmol/L", "--drawn-at", AT, *WHO, *self.to)
        self.assertEqual(shown.returncode, FAILED)
        self.assertIn("did you mean 25 mg/dL", shown.stderr)
        shown = run("enter", "level", "bed-3", "--value", "7", "--unit", "mmol/L", "--drawn-at", AT, *WHO, *self.to)
        self.assertEqual(shown.returncode, OK)
        self.assertIn("WARNING", shown.stderr)
        shown = run("alarms", "ack", "9-9", *WHO, "--json", *self.to)
        self.assertEqual(shown.returncode, FAILED)
        self.assertIn("no open alarm", json.loads(shown.stdout)["error"])

    def test_a_simulation_says_so(self):
        with support.FakeWard(mode="demo") as ward:
            shown = run("beds", "--socket", ward.socket_path)
            self.assertIn("SIMULATION", shown.stderr)
            shown = run("enter", "stop", "bed-3", *WHO, "--socket", ward.socket_path)
            self.assertTrue(shown.stdout.startswith("SIMULATION"))


class Files(unittest.TestCase):
    def test_config_check_finds_every_mistake_and_its_place(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "ward.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write("nonsense = 1\n[worse]\nx = 2\n")
            shown = run("config", "check", path)
            self.assertEqual((shown.returncode, shown.stdout), (FAILED, ""))
            self.assertIn(path + ":1:1: error:", shown.stderr)
            errors = json.loads(run("config", "check", path, "--json").stdout)
            self.assertFalse(errors["ok"])
            self.assertGreaterEqual(len(errors["errors"]), 2)
            self.assertEqual(run("config", "check", os.path.join(folder, "none.toml")).returncode, FAILED)

    def test_rules_check_and_test(self):
        packs = os.path.join(ROOT, "rules", "packs")
        shown = run("rules", "check", packs)
        self.assertEqual(shown.returncode, OK, shown.stderr)
        packs = os.path.join(packs, "example.toml")
        shown = run("rules", "test", packs)
        self.assertEqual(shown.returncode, OK, shown.stdout + shown.stderr)
        self.assertRegex(shown.stdout, r"\A[1-9]\d* passed, 0 failed\n\Z")
        lines = [json.loads(line) for line in run("rules", "test", packs, "--json").stdout.splitlines()]
        self.assertTrue(lines[-1]["summary"] and lines[-1]["ok"])
        self.assertTrue(all(line["passed"] for line in lines[:-1]))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bad.toml")
            with open(path, "w", encoding="utf-8") as file:
                file.write('name = "bad"\n[[rule]]\nid = "x"\nwhen = "spo3 < 90 %"\n')
            for verb in ("check", "test"):
                shown = run("rules", verb, path)
                self.assertEqual(shown.returncode, FAILED)
                self.assertIn(path + ":", shown.stderr)
            self.assertEqual(run("rules", "check", folder + "/none.toml").returncode, FAILED)
            os.remove(path)
            self.assertEqual(run("rules", "check", folder).returncode, FAILED)

    def test_a_pack_whose_cases_fail_is_no_good_pack(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("example.toml", "example.test.toml"):
                shutil.copy(os.path.join(ROOT, "rules", "packs", name), folder)
            pack, cases = os.path.join(folder, "example.toml"), os.path.join(folder, "example.test.toml")
            with open(os.path.join(folder, "ward.toml"), "w", encoding="utf-8") as file:
                file.write('[ward]\nname = "l4"\nlabel = "L4"\nmode = "demo"\n[rules]\npack = "example.toml"\n')
            good = json.loads(run("rules", "check", pack, "--json").stdout)
            self.assertTrue(good["ok"] and good["cases"] > 0 and good["notes"] == [], good)
            self.assertTrue(json.loads(run("config", "check", folder + "/ward.toml", "--json").stdout)["ok"])
            with open(cases, encoding="utf-8") as file:
                text = file.read()
            with open(cases, "w", encoding="utf-8") as file:
                file.write(text.replace('expect = ["raised ', 'expect = ["raised 1', 1))
            for command in (("rules", "check", pack), ("config", "check", folder + "/ward.toml")):
                shown = run(*command)
                self.assertEqual(shown.returncode, FAILED, shown.stderr)
                self.assertRegex(shown.stderr, re.escape(cases) + r":\d+:1: error: the case \".+\" fails: expected, ")
                errors = json.loads(run(*command, "--json").stdout)["errors"]
                self.assertEqual(len(errors), 1, errors)
            os.remove(cases)
            shown = run("rules", "check", pack)
            self.assertEqual(shown.returncode, OK)
            self.assertIn("there is no example.test.toml beside it", shown.stderr)

    def test_hl7_decode(self):
        folder = os.path.join(ROOT, "tests", "data", "hl7")
        files = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".hl7"))
        self.assertTrue(files)
        shown = run("hl7", "decode", "--json", files[0])
        rows = [json.loads(line) for line in shown.stdout.splitlines()]
        self.assertTrue(rows)
        for row in rows:
            for key in ("file", "message", "code", "accepted", "signal", "value", "unit", "time", "reason"):
                self.assertIn(key, row)
        self.assertEqual(run("hl7", "decode", "/nowhere.hl7").returncode, FAILED)
        self.assertEqual(run("hl7", "decode", os.path.join(ROOT, "LICENSE")).returncode, FAILED)

    def test_modbus_probe_of_nobody_fails(self):
        maps = os.path.join(ROOT, "adapters", "monitors", "modbus", "maps")
        some = sorted(os.path.join(maps, name) for name in os.listdir(maps) if name.endswith(".toml"))[0]
        shown = run("modbus", "probe", some, "127.0.0.1:1", "--json")
        self.assertEqual(shown.returncode, FAILED)
        self.assertFalse(json.loads(shown.stdout)["answered"])
        self.assertEqual(run("modbus", "probe", "/nowhere.toml", "127.0.0.1:1").returncode, FAILED)


if __name__ == "__main__":
    support.PROGRAM = sys.argv[2]
    del sys.argv[1:]
    unittest.main(verbosity=2)
