#!/usr/bin/python3
"""A daemon that dies at every start, or soon after it, does not die for ever: after three starts it leaves out what they died
of, or runs the built-in rules, and says so.

  safe_mode_test.py MAGWATCHD MAGWATCHD_POISON MAGWATCHD_CRASH

MAGWATCHD_POISON is the daemon whose recovery aborts at an entry with the key "poison"; MAGWATCHD_CRASH kills itself at
the point that MAGWATCH_KILL_AT names, here while it starts.
"""
import signal
import sys
import time
import unittest

from ward_process import WardTest, wait_for

CRASH, POISON, BINARY = sys.argv.pop(3), sys.argv.pop(2), sys.argv.pop(1)


class SafeMode(WardTest):
    binary, beds = BINARY, 2

    def setUp(self):
        super().setUp()
        self.ward.deaths_count = True

    def end(self):
        self.ward.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.ward.process.wait(60), 0)

    def dies(self, times, status, binary, **environment):
        for _ in range(times):
            self.ward.start(binary, **environment)
            self.assertEqual(self.ward.process.wait(60), -status, self.ward.daemon_log())

    def begins(self, binary=None):
        self.ward.start(binary)
        self.ward.ready()

    def watched(self):
        return [bed["alias"] for bed in self.ward.json("beds")["beds"] if bed["watched"]]

    def fault(self):
        return {f["fault"]: f["detail"] for f in self.ward.json("status")["faults"]}.get("journal", "")

    def fallback_sounds(self):
        alarms = {alarm["id"] for alarm in self.ward.json("alarms")["alarms"] if alarm["rule"] == "technical.fallback"}
        return any(call["sounding"] and alarms & set(call["alarms"]) for call in self.ward.calls())

    def paged(self, bed):
        return len([a for a in self.ward.receiver.arrived()
                    if a["page"]["kind"] == "physiological" and a["page"]["bed"] == f"bed-{bed}"])

    def take(self, **what):
        status, answer = self.ward.chart(**what)
        self.assertIn(status, (200, 201), answer)

    def test_a_record_that_it_dies_of_is_left_out_and_nothing_else(self):
        self.begins(POISON)
        self.ward.watch(1)
        self.ward.watch(2)
        self.ward.ring(1)
        self.take(key="poison", kind="rr", value=16, unit="/min")
        self.ward.ring(2)  # after it
        wait_for("pages", lambda: self.paged(1) and self.paged(2), 60)
        self.ward.kill()
        before = self.paged(1), self.paged(2)
        self.dies(3, signal.SIGABRT, POISON)
        self.begins(POISON)
        self.assertEqual(self.watched(), ["bed-1", "bed-2"])
        wait_for("both calls again", lambda: self.paged(1) > before[0] and self.paged(2) > before[1], 60)
        self.assertIn("that record is left out", wait_for("the word on it", self.fault, 60))
        wait_for("its alarm", lambda: "technical.journal" in {a["rule"] for a in self.ward.json("alarms")["alarms"]}, 60)
        # It needs no safe mode again: what it is now stands in the journal as a whole.
        self.take(key="after", kind="rr", value=17, unit="/min")
        self.ward.kill()
        self.begins(POISON)
        self.assertEqual(self.watched(), ["bed-1", "bed-2"])

    def test_two_deaths_are_no_reason(self):
        self.begins(POISON)
        self.ward.watch(1)
        self.take(key="poison", kind="rr", value=16, unit="/min")
        self.ward.kill()
        self.dies(2, signal.SIGABRT, POISON)
        self.begins()  # one that does not die of it
        self.assertEqual(self.watched(), ["bed-1"])
        self.assertEqual(self.fault(), "")

    def test_who_dies_elsewhere_goes_on_from_the_newest_snapshot_and_then_anew(self):
        self.begins()
        self.ward.watch(1)
        self.ward.ring(1)
        wait_for("a page", lambda: self.paged(1), 60)
        self.end()  # a snapshot
        self.begins()
        self.ward.watch(2)  # after it
        self.ward.kill()
        self.dies(3, signal.SIGKILL, CRASH, MAGWATCH_KILL_AT="intent.before:1")
        before = self.paged(1)
        self.begins()
        self.assertEqual(self.watched(), ["bed-1"], "of the snapshot")
        self.assertIn("the last records are left out", wait_for("the word on it", self.fault, 60))
        wait_for("the call rings again", lambda: self.paged(1) > before, 60)
        self.ward.kill()
        # Six: not even the snapshot is to be trusted.
        self.dies(6, signal.SIGKILL, CRASH, MAGWATCH_KILL_AT="intent.before:1")
        self.begins()
        self.assertEqual(self.watched(), [])
        self.assertIn("Start every watch again", wait_for("the word on it", self.fault, 60))
        self.assertTrue(list((self.ward.directory / "state").glob("journal.db.damaged-*")), "it is kept for people")
        self.assertTrue(self.ward.json("status")["fallback"], "the built-in rules run")
        # And it watches and pages.
        self.ward.watch(2)
        self.ward.ring(2)
        wait_for("a page", lambda: self.paged(2), 60)
        self.end()
        self.begins()
        self.assertEqual(self.watched(), ["bed-2"])

    def dies_soon(self, times):
        """So often it watches and dies within half a minute; a life that a slow machine made longer does not count."""
        lives = 0
        while lives < times:
            began = time.monotonic()
            self.begins()
            self.assertFalse(self.ward.json("status")["fallback"])
            self.known = self.keys()
            self.ward.kill()
            lives = lives + 1 if time.monotonic() - began < 25 else 0

    def keys(self):
        """Of the pages about a patient that it knows to have sent, in this life or before."""
        return {p["key"] for p in self.ward.json("pages")["pages"] if p["kind"] == "physiological"}

    def rings_anew(self):
        """A page of this life has arrived."""
        arrived = {a["page"]["key"] for a in self.ward.receiver.arrived()}
        return (self.keys() - self.known) & arrived

    def test_three_deaths_soon_after_a_start_run_the_built_in_rules_and_lose_no_watch_and_no_call(self):
        self.begins()
        self.ward.watch(1)
        self.ward.ring(1)
        wait_for("a page", lambda: self.paged(1), 60)
        calls = {call["id"] for call in self.ward.calls()}
        self.end()
        self.dies_soon(3)
        self.begins()
        status = self.ward.json("status")
        self.assertTrue(status["fallback"], "the built-in rules run")
        self.assertIn("within half a minute of a start", status["fallback_reason"])
        wait_for("the word on it", self.fallback_sounds, 60)
        self.assertEqual(self.watched(), ["bed-1"])
        self.assertLessEqual(calls, {call["id"] for call in self.ward.calls()})
        wait_for("the call again", self.rings_anew, 60)
        for _ in range(6):  # however often
            self.ward.kill()
            self.begins()
        self.assertEqual(self.watched(), ["bed-1"])
        self.assertEqual(self.fault(), "")
        # Once somebody has stopped it, it begins as it was configured.
        self.end()
        self.begins()
        self.assertFalse(self.ward.json("status")["fallback"])
        self.assertEqual(self.watched(), ["bed-1"])
        self.end()
        # Also where the present file cannot be read.
        good = self.config.read_text()
        self.dies_soon(2)
        self.begins()
        self.config.write_text("nonsense")
        self.ward.extra = ["--state-directory", str(self.ward.directory / "state")]  # which it would have named
        self.ward.kill()
        self.begins()
        self.assertIn("within half a minute of a start", self.ward.json("status")["fallback_reason"])
        self.assertEqual(self.watched(), ["bed-1"])
        self.config.write_text(good)


if __name__ == "__main__":
    unittest.main(verbosity=2)
