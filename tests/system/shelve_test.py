#!/usr/bin/python3
"""A technical alarm that is shelved, through the daemon and the command line, over a kill: it makes no sound, stays in every
list, and nothing about a patient or a running infusion is shelved.

  shelve_test.py MAGWATCHD MAGWATCH
"""
import datetime
import json
import subprocess
import sys
import unittest

from ward_process import WardTest, wait_for

MAGWATCH, BINARY = sys.argv.pop(2), sys.argv.pop(1)
WHO = ["--person", "charge-1"]


class ShelveTest(WardTest):
    binary = BINARY

    def run_it(self, *arguments, code=0):
        command = [MAGWATCH, *arguments, "--socket", str(self.ward.directory / "magwatchd.sock")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, (arguments, done.stdout, done.stderr))
        return done.stdout + done.stderr

    def alarm(self, rule):
        alarms = [one for one in self.ward.json("alarms")["alarms"] if one["rule"] == rule]
        return alarms[0] if alarms else None

    def call_of(self, rule):
        """The open call that rings for it, or None."""
        own = self.alarm(rule)["call"]
        return next((call for call in self.ward.calls() if call["id"] == own), None)

    def assert_kept(self, shelved, before):
        # The end is kept on the clock that no step of the wall clock moves: on the wall it is right to the millisecond.
        end, end_before = (datetime.datetime.fromisoformat(one["until"]) for one in (shelved, before))
        self.assertLess(abs(end - end_before), datetime.timedelta(seconds=1))
        self.assertEqual({**shelved, "until": 0}, {**before, "until": 0})

    def looked_back(self):
        return {event["kind"] for event in self.ward.json("beds/bed-1/trend")["events"]}

    def test_it_is_silent_visible_and_kept_over_a_kill_and_can_be_taken_back(self):
        self.start()
        self.ward.must("watch/start", {"bed": "bed-1", "person": "midwife-1", "calcium_at_bed": True, "hammer_at_bed": False,
                                       "oxygen_at_bed": True})
        self.ward.chart(kind="infusion", value=1, unit="g/h")
        rule = "technical.preparation"
        self.assertIsNone(self.alarm(rule)["shelved"])
        self.assertTrue(self.call_of(rule)["sounding"])
        alarm = self.alarm(rule)["id"]
        self.run_it("alarms", "shelve", alarm, *WHO, "--reason", "other", "--minutes", "60", code=1)  # other than what?
        self.run_it("alarms", "shelve", alarm, *WHO, "--reason", "known_fault", "--minutes", "4", code=1)
        self.run_it("alarms", "shelve", alarm, *WHO, "--reason", "other", "--minutes", "60", "--note", "hammer ordered")
        shelved = self.alarm(rule)["shelved"]
        self.assertEqual((shelved["by"], shelved["reason"], shelved["note"]), ("charge-1", "other", "hammer ordered"))
        self.assertIsNone(self.call_of(rule))
        self.assertIn("shelved", self.looked_back())
        self.assertIn("shelved by charge-1", self.run_it("alarms", "list"))

        self.ward.kill()
        self.ward.start()
        self.ward.ready()
        self.assert_kept(self.alarm(rule)["shelved"], shelved)
        self.assertIsNone(self.call_of(rule))
        on_the_bed = self.ward.json("beds/bed-1")["bed"]["alarms"]
        self.assert_kept(*[one["shelved"] for one in on_the_bed if one["rule"] == rule], shelved)

        self.run_it("alarms", "unshelve", alarm, "--person", "midwife-1")
        self.assertIsNone(self.alarm(rule)["shelved"])
        self.assertTrue(self.call_of(rule)["sounding"])
        self.run_it("alarms", "unshelve", alarm, "--person", "midwife-1", code=1)
        self.assertIn("unshelved", self.looked_back())

    def test_what_is_about_the_patient_or_says_that_nobody_can_tell_is_refused(self):
        self.start()
        self.ward.watch()
        wait_for("nobody said whether magnesium runs", lambda: self.alarm("technical.infusion_record"), 120)
        self.ward.chart(kind="reflex", site="knee", value=0)
        sign = next(one for one in self.ward.json("alarms")["alarms"] if one["kind"] == "physiological")
        for alarm, words in ((self.alarm("technical.infusion_record"), "nobody can tell"), (sign, "about the patient")):
            status, answer = self.ward.post(f"alarms/{alarm['id']}/shelve",
                                            {"person": "charge-1", "reason": "known_fault", "minutes": 60})
            self.assertEqual(status, 409, answer)
            self.assertIn(words, answer["error"])
            self.assertIsNone(self.alarm(alarm["rule"])["shelved"])
        self.assertEqual(json.loads(self.run_it("calls", "list", "--json"))["calls"][0]["sounding"], True)


if __name__ == "__main__":
    unittest.main()
