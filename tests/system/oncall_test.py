#!/usr/bin/python3
"""Who is on call, through the real daemon: a change made at night pages somebody else and survives a kill; a roster that
leaves a time to nobody is refused, and never keeps the ward from being watched.

  oncall_test.py MAGWATCHD MAGWATCH
"""
import json
import signal
import subprocess
import sys
import unittest

from ward_process import WardTest, wait_for

BINARY = sys.argv.pop(1)
MAGWATCH = sys.argv.pop(1)
WHOLE_DAY = 'from = "00:00"\nto = "00:00"'


class OnCall(WardTest):
    binary = BINARY

    def setUp(self):
        super().setUp()
        # A file that is refused does not say where the journal is.
        self.ward.extra = ["--state-directory", str(self.ward.directory / "state")]
        text = self.config.read_text()
        person = text[text.index("[[person]]"):text.index("[escalation.high]")]
        text = text.replace('rungs = [["bedside"]]', 'rungs = [["obstetrician"]]')
        for name in ("doctor-1", "charge-1"):
            text += person.replace("midwife-1", name).replace('role = "bedside"\n', "")
        self.config.write_text(text + f'''
[[roster]]
name = "obstetrician"
last_resort = "midwife-1"
[[roster.shift]]
person = "doctor-1"
{WHOLE_DAY}
''')

    def magwatch(self, *arguments):
        return subprocess.run([MAGWATCH, *arguments, "--socket", str(self.ward.directory / "magwatchd.sock")],
                              capture_output=True, text=True, check=False, timeout=300)

    def duty(self, *at):
        shown = self.magwatch("oncall", "show", "--json", *at)
        self.assertEqual(shown.returncode, 0, shown)
        return json.loads(shown.stdout)["duties"][0]

    def ring(self):
        self.ward.watch()
        self.ward.ring()

    def paged(self):
        return {page["person"] for page in self.ward.json("pages")["pages"] if page["kind"] == "physiological"}

    def leave_saturday_to_nobody(self):
        self.config.write_text(self.config.read_text().replace(
            WHOLE_DAY, 'days = ["mon", "tue", "wed", "thu", "fri", "sun"]\n' + WHOLE_DAY))

    def test_a_change_by_staff_pages_somebody_else_and_survives_a_kill(self):
        self.start()
        self.assertEqual(self.duty()["people"], ["doctor-1"])
        self.assertEqual(self.duty()["source"], "shift")
        done = self.magwatch("oncall", "set", "obstetrician", "charge-1", "--for", "4h", "--reason", "ill", "--by", "charge-1")
        self.assertEqual(done.returncode, 0, done)
        self.ward.kill()
        self.start()
        self.assertEqual((self.duty()["people"], self.duty()["source"]), (["charge-1"], "change"))
        self.ring()
        wait_for("the page", self.paged, 60)
        self.assertEqual(self.paged(), {"charge-1"})
        listed = self.magwatch("pages", "list", "--json")
        page = [p for p in json.loads(listed.stdout)["pages"] if p["kind"] == "physiological"][0]
        wait_for("sent", lambda: [p["state"] for p in self.ward.json("pages")["pages"] if p["key"] == page["key"]] == ["sent"], 60)
        call = [c for c in self.ward.json("calls")["calls"] if c["number"] == page["number"]][0]
        self.assertEqual([(t["person"], t["answer"]) for t in call["told"]], [("charge-1", "undefined")])
        self.ward.must(f"calls/{call['id']}/answer", {"person": "charge-1", "answer": "coming"})
        wait_for("accepted", lambda: "accepted" in self.magwatch("pages", "list", "--call", str(page["number"])).stdout, 60)
        self.assertEqual(json.loads(self.magwatch("pages", "list", "--call", "999999", "--json").stdout)["pages"], [])

    def test_a_change_is_taken_back_and_ends_by_itself(self):
        self.start()
        for wrong in (["nobody", "--for", "4h"], ["charge-1", "--for", "15 days"]):
            refused = self.magwatch("oncall", "set", "obstetrician", *wrong, "--reason", "x", "--by", "charge-1")
            self.assertEqual(refused.returncode, 1, refused)
        for wrong in (["--for", "4h", "--until", "08:00"], [], ["--until", "tomorrow"]):
            refused = self.magwatch("oncall", "set", "obstetrician", "charge-1", *wrong, "--reason", "x", "--by", "charge-1")
            self.assertEqual(refused.returncode, 2, refused)
        unknown = self.magwatch("oncall", "set", "obstetrican", "charge-1", "--for", "1h", "--reason", "x", "--by", "a")
        self.assertIn("did you mean 'obstetrician'", unknown.stderr)
        self.assertEqual(self.duty()["people"], ["doctor-1"])
        done = self.magwatch("oncall", "set", "obstetrician", "charge-1", "--for", "1h", "--reason", "x", "--by", "a")
        self.assertEqual(done.returncode, 0, done)
        # Of the change, not of the duty: that is told to the end of its shift, at midnight.
        later = self.ward.json("oncall")["changes"][0]["until"]
        self.assertEqual(self.duty()["people"], ["charge-1"])
        self.assertEqual(self.duty("--at", later)["people"], ["doctor-1"])
        self.assertIn("charge-1", self.magwatch("oncall", "show").stdout)
        back = self.magwatch("oncall", "take-back", "obstetrician", "--by", "a")
        self.assertEqual(back.returncode, 0, back)
        self.assertEqual(self.duty()["people"], ["doctor-1"])
        self.assertEqual(self.ward.json("oncall")["changes"], [])

    def test_a_roster_with_a_gap_is_refused_by_check_and_reload(self):
        self.start()
        self.leave_saturday_to_nobody()
        checked = subprocess.run([MAGWATCH, "config", "check", str(self.config)], capture_output=True, text=True,
                                 check=False, timeout=300)
        self.assertEqual(checked.returncode, 1, checked)
        self.assertRegex(checked.stderr, r"roster obstetrician: nobody from Sat \d+ [A-Z][a-z]+ \d\d:\d\d to")
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("refused", lambda: [f for f in self.ward.json("status")["faults"]
                                     if f["fault"] == "configuration" and "nobody from Sat" in f["detail"]], 60)
        self.assertEqual(self.duty()["people"], ["doctor-1"])

    def test_a_gap_never_keeps_the_ward_from_being_watched(self):
        self.start()
        self.ward.watch()
        self.ward.kill()
        self.leave_saturday_to_nobody()
        self.start()
        status = self.ward.json("status")
        self.assertTrue(status["fallback"], status)
        self.assertEqual(status["beds_watched"], 1)
        self.assertEqual(self.duty()["people"], ["doctor-1"])  # as in the last good configuration

    def test_a_first_start_with_a_gap_comes_up_on_the_last_resort(self):
        self.config.write_text(self.config.read_text().replace(
            f'[[roster.shift]]\nperson = "doctor-1"\n{WHOLE_DAY}\n', ""))
        self.start()
        status = self.ward.json("status")
        self.assertTrue(status["fallback"], status)
        self.assertIn("last resort", status["fallback_reason"])
        self.assertEqual((self.duty()["people"], self.duty()["source"]), (["midwife-1"], "last_resort"))
        self.ring()
        wait_for("the page", self.paged, 60)
        self.assertEqual(self.paged(), {"midwife-1"})


unittest.main()
