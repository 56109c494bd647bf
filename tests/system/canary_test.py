#!/usr/bin/python3
"""The bed of nobody in the real daemon: its alarm goes the way of a patient's to where pages leave, those elsewhere are
told that it came out, and no person, record or screen ever sees any of it.

  canary_test.py MAGWATCHD
"""
import json
import re
import sys
import unittest

from surroundings import Manager
from ward_process import WardTest, wait_for

BINARY = sys.argv.pop(1)
WATCHDOG = 1  # s; a trial each six of them. Nobody is ended for not feeding it: a busy machine proves nothing


class Canary(WardTest):
    binary = BINARY

    def setUp(self):
        super().setUp()
        self.manager = Manager(self.ward.directory, WATCHDOG)
        self.addCleanup(self.manager.close)

    def start(self):
        self.ward.start(**self.manager.environment())
        self.ward.ready()

    def metrics(self):
        """What is told of it, as of one moment."""
        text = self.ward.get("/metrics")[1].decode()
        return {name: float(value) for name, value in re.findall(r"^magwatch_canary_(\w+) (\S+)$", text, re.MULTILINE)}

    def test_it_comes_out_again_and_again_and_the_watchdog_is_fed(self):
        self.start()
        before, fed = self.metrics()["last_success_timestamp_seconds"], self.manager.feeds
        wait_for("three trials", lambda: self.metrics()["trials_total"] >= 3, 60)
        after = self.metrics()
        self.assertGreater(after["last_success_timestamp_seconds"], before)
        self.assertEqual(after["latency_seconds_count"], after["trials_total"])
        # On a busy machine a loop may be behind for a while; it feeds again.
        wait_for("the watchdog to be fed", lambda: self.manager.feeds > fed, 60)

    def test_nobody_sees_it_and_nothing_keeps_it(self):
        self.start()
        self.ward.watch()
        wait_for("two trials", lambda: self.metrics()["trials_total"] >= 2, 60)
        self.ward.ring()
        wait_for("the page of a patient", lambda: self.pages("bed-1"), 60)
        # A technical page of a busy machine names no bed.
        self.assertLessEqual({a["page"].get("bed") or "" for a in self.ward.receiver.arrived()}, {"bed-1", ""})
        self.assertNotIn("canary", json.dumps(self.ward.receiver.arrived()).lower())
        shown = {path: json.dumps(self.ward.json(path)) for path in
                 ("status", "beds", "alarms", "calls", "pages", "people", "beds/bed-1/chart", "beds/bed-1/trend")}
        self.assertEqual([path for path, text in shown.items() if "canary" in text.lower()], [])
        clinical = self.ward.get("/metrics/clinical")[1].decode()
        self.assertNotIn("canary", clinical)
        self.assertNotIn('rule="canary"', self.ward.get("/metrics")[1].decode())
        self.ward.process.terminate()
        self.assertEqual(self.ward.process.wait(60), 0, self.ward.daemon_log())
        self.assertNotIn("canary", self.ward.daemon_log())
        kept = [path for path in (self.ward.directory / "state").rglob("*") if path.is_file()]
        self.assertTrue(any(path.name.startswith("journal.db") for path in kept))
        self.assertEqual([path.name for path in kept if b"canary" in path.read_bytes().lower()], [])


if __name__ == "__main__":
    unittest.main(verbosity=2)
