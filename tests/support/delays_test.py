#!/usr/bin/python3
"""A delay is what the machine makes others wait: not the work of a process, nor its sleep."""
import os
import pathlib
import subprocess
import time
import unittest

from delays import BEAT, Delay

CORE = str(min(os.sched_getaffinity(0)))


def wait_for(condition):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, "not within 60 s"
        time.sleep(0.01)


class Delays(unittest.TestCase):
    def program(self, *command):
        one = subprocess.Popen(command)
        self.addCleanup(one.wait)
        self.addCleanup(one.kill)
        return one

    def busy(self):
        return self.program("taskset", "-c", CORE, "sh", "-c", "while :; do :; done")

    @staticmethod
    def ran(pid):
        with open(f"/proc/{pid}/schedstat") as file:
            return int(file.read().split()[0]) / 1e9

    def test_one_that_sleeps_waits_for_nothing(self):
        one = self.program("sleep", "600")
        # What it waited for until it slept is not of it.
        stat = pathlib.Path(f"/proc/{one.pid}/stat")
        wait_for(lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "S")
        delay, began = Delay(one.pid), time.monotonic()
        wait_for(lambda: time.monotonic() - began > 1)
        self.assertEqual(delay.parts()[0], 0)

    def test_those_who_share_a_core_wait_as_long_as_the_others_run(self):
        one, others = self.busy(), [self.busy() for _ in range(3)]
        wait_for(lambda: all(self.ran(each.pid) > 0.1 for each in (one, *others)))
        delay, before = Delay(one.pid), sum(self.ran(each.pid) for each in others)
        wait_for(lambda: sum(self.ran(each.pid) for each in others) - before > 1)
        # A wait is counted when it is over.
        wait_for(lambda: delay.parts()[0] >= 1)
        self.assertGreaterEqual(Delay(one.pid, from_its_start=True).parts()[0], delay.waits[str(one.pid)])
        self.assertGreaterEqual(delay.seconds(), 1)

    def test_what_it_waited_stays_when_it_has_ended(self):
        one, _ = self.busy(), self.busy()
        delay = Delay(one.pid)
        wait_for(lambda: delay.parts()[0] > 0.2)
        before = delay.parts()[0]
        one.kill()
        one.wait()
        self.assertGreaterEqual(delay.parts()[0], before)

    def test_a_program_that_is_kept_from_looking_knows_it(self):
        delay = Delay(os.getpid())
        stopper = self.program("sh", "-c", f"kill -STOP {os.getpid()}; sleep 0.5; kill -CONT {os.getpid()}; exec sleep 600")
        self.assertIsNone(stopper.poll())
        wait_for(lambda: delay.parts()[1] > 0.5 - 2 * BEAT)


if __name__ == "__main__":
    unittest.main(verbosity=2)
