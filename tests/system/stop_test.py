#!/usr/bin/python3
"""The end that somebody wanted, and the one that nobody did: a planned stop is announced before it happens, and after
the start the ward is told for how long nobody watched and who had stopped it; after a kill it is told of nobody. The
machine may have started anew in between.

  stop_test.py MAGWATCHD WALL_CLOCK

Another boot is a namespace with a boot id of its own in which the machine runs since seconds; the wall clock goes on, or
is that of an empty battery (WALL_CLOCK, tests/support/wall_clock.cpp).
"""
import json
import os
import pathlib
import queue
import re
import signal
import socket
import sys
import threading
import time
import unittest
import uuid

from board_streams import Reader
from hang_test import INTERRUPT, SEIZE, WALL, ptrace
from receivers import Listener
from surroundings import Namespaces, clocked
from ward_process import WardTest, wait_for

WALL_CLOCK, BINARY = os.path.abspath(sys.argv.pop(2)), os.path.abspath(sys.argv.pop(1))
RULE = "technical.gap"


class Stopped(WardTest):
    binary, beds = BINARY, 2

    def setUp(self):
        super().setUp()
        self.heartbeats = Listener()
        self.addCleanup(self.heartbeats.close)
        key = self.ward.directory / "hook.key"
        self.config.write_text(self.config.read_text() + f'''
[[heartbeat]]
name = "outside"
kind = "webhook"
url = "http://127.0.0.1:{self.heartbeats.server_port}/beat"
every = "1 s"
secret = "file:{key}"
planned_stop = "4 min"
''')
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notices.close)
        self.notices.bind(str(self.ward.directory / "notify"))
        # Always read, as systemd does: a daemon waits for a manager that does not read.
        self.said = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()
        self.ended = 0.0  # when nobody watched any more

    def listen(self):
        while True:
            try:
                self.said.put(self.notices.recv(4096).decode())
            except OSError:
                return  # closed

    def start(self, supervised=True, **environment):
        if supervised:
            environment["NOTIFY_SOCKET"] = str(self.ward.directory / "notify")
        self.ward.start(**environment)
        self.ward.ready()
        self.away = time.monotonic() - self.ended

    def told_the_manager(self, word):
        while word not in self.said.get(timeout=60):
            pass

    def stop(self):
        self.ended = time.monotonic()
        self.ward.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.ward.process.wait(60), 0, self.ward.daemon_log())

    def kill(self):
        self.ended = time.monotonic()
        self.ward.kill()

    def last_heartbeat(self):
        """By its own number: one that was under way may arrive after a later one."""
        return max(self.heartbeats.heard, key=lambda beat: (beat["incarnation"], beat["sequence"]))

    def gap(self):
        return next((a["message"] for a in self.ward.json("alarms")["alarms"] if a["rule"] == RULE), "")

    def seconds(self):
        """Of the time that the ward is told: not more than ours, from before the end to after the start."""
        told = int(re.match(r"Nobody was watching for (\d+) s", self.gap()).group(1))
        self.assertLessEqual(told, self.away + 1)
        return told

    def rows(self):
        folder = self.ward.directory / "state/audit"
        return [json.loads(line) for path in sorted(folder.glob("*.jsonl")) for line in path.read_text().splitlines()]

    def rings_again(self, before):
        wait_for("the open call rings again", lambda: len(self.pages()) > before, 60)
        self.assertRegex(self.pages()[before]["text"], r"Not watched for \d+ s\.")


class Planned(Stopped):
    def test_it_is_announced_and_the_gap_is_told_with_who_wanted_it(self):
        self.start()
        self.told_the_manager("READY=1")
        self.ward.watch()
        self.ward.ring()
        wait_for("a page", self.pages, 60)
        wait_for("a heartbeat", lambda: self.heartbeats.heard, 60)
        self.assertTrue(all(beat["stopping"] is None for beat in self.heartbeats.heard))
        before = len(self.pages())
        board = Reader(self.ward.port, board=True)
        self.addCleanup(board.close)
        wait_for("a board", lambda: board.heard("heartbeat"), 60)
        self.stop()
        self.told_the_manager("STOPPING=1")
        self.assertTrue(board.ended.wait(60))
        self.assertEqual(json.loads(board.status)["status"]["stopping"]["by"], "systemd")
        self.assertEqual(self.last_heartbeat()["stopping"], {"by": "systemd", "back_in_seconds": 240})
        self.assertEqual(self.last_heartbeat()["beds_watched"], 1)

        self.start()
        self.assertIsNone(self.ward.json("status")["stopping"])
        self.seconds()
        self.assertRegex(self.gap(), r"^Nobody was watching for \d+ s: stopped on purpose by systemd$")
        self.rings_again(before)
        def turns():
            return [row["action"] for row in self.rows() if row["action"] in ("daemon.stopping", "daemon.started")]
        # A row reaches the trail when its thread comes to it.
        wait_for("the second start in the trail", lambda: len(turns()) >= 3, 60)
        self.assertEqual(turns(), ["daemon.started", "daemon.stopping", "daemon.started"])

        # Who had stopped it is told of that one gap alone, also while it is still shown.
        self.kill()
        self.start()
        self.seconds()
        self.assertNotIn("purpose", self.gap())

    def test_without_a_service_manager_it_was_a_signal(self):
        self.start(supervised=False)
        self.ward.watch()
        self.stop()
        self.start(supervised=False)
        self.assertTrue(self.gap().endswith(": stopped on purpose by a signal"), self.gap())

    def test_each_of_two_gaps_says_how_long_it_was(self):
        self.start()
        self.ward.watch()
        self.stop()
        self.start()
        self.assertLess(self.seconds(), 60)
        self.kill()
        # A minute and a half, by the clocks that count it.
        self.start(**clocked(WALL_CLOCK, self.ward.directory / "clock", wall=90, boot=90))
        self.assertRegex(self.gap(), r"^Nobody was watching for (9\d|1\d\d) s$")


class HangingReload(Stopped):
    def release(self, thread):
        """One whose thread hangs does not end by itself."""
        if pathlib.Path(f"/proc/{self.ward.process.pid}/task/{thread}").exists():
            self.ward.process.send_signal(signal.SIGKILL)
            os.waitpid(thread, WALL)

    def test_a_reload_that_hangs_on_a_file_keeps_no_stop_from_being_told(self):
        self.start()
        self.ward.watch()
        self.told_the_manager("READY=1")
        wait_for("a heartbeat", lambda: self.heartbeats.heard, 60)
        # A disk that does not answer: the thread that reads files stands still.
        tasks = pathlib.Path(f"/proc/{self.ward.process.pid}/task")
        thread = next(int(task.name) for task in tasks.iterdir() if (task / "comm").read_text().strip() == "work")
        ptrace(SEIZE, thread)
        ptrace(INTERRUPT, thread)
        os.waitpid(thread, WALL)
        self.addCleanup(self.release, thread)
        self.ward.process.send_signal(signal.SIGHUP)
        self.told_the_manager("RELOADING=1")
        self.ward.process.send_signal(signal.SIGTERM)
        self.told_the_manager("STOPPING=1")
        os.waitpid(thread, WALL)  # a thread that is traced lets its process go when it was waited for
        self.assertEqual(self.ward.process.wait(60), 0, self.ward.daemon_log())
        self.ended = time.monotonic()
        self.assertEqual(self.last_heartbeat()["stopping"]["by"], "systemd")
        self.start()
        self.assertTrue(self.gap().endswith(": stopped on purpose by systemd"), self.gap())
        self.assertEqual([bed["alias"] for bed in self.ward.json("beds")["beds"] if bed["watched"]], ["bed-1"])


class Reboot(Stopped):
    def setUp(self):
        super().setUp()
        self.machine = None
        self.addCleanup(self.release)

    def reboot(self):
        """The next start finds a machine that started a few seconds ago, by another boot id."""
        self.release()
        identity = self.ward.directory / "boot_id"
        identity.write_text(f"{uuid.uuid4()}\n")
        since_boot = time.clock_gettime(time.CLOCK_BOOTTIME)
        self.machine = Namespaces(self.ward, ["--mount", "--time"],
                                  f"mount --bind {identity} /proc/sys/kernel/random/boot_id",
                                  "--boottime", str(30 - int(since_boot)))

    def release(self):
        if self.machine:
            self.machine.release()
        self.machine = None

    def test_the_ward_goes_on_and_says_how_long_nobody_watched(self):
        self.start()
        self.ward.watch()
        self.ward.ring()
        wait_for("a page", self.pages, 60)
        for planned in (True, False):
            with self.subTest(planned=planned):
                self.stop() if planned else self.kill()
                before = len(self.pages())
                self.reboot()
                self.start()
                self.assertEqual([b["alias"] for b in self.ward.json("beds")["beds"] if b["watched"]], ["bed-1"])
                self.seconds()
                self.assertEqual(self.gap().endswith(": stopped on purpose by systemd"), planned, self.gap())
                self.rings_again(before)
                keys = [page["key"] for page in self.pages()]
                self.assertLessEqual(max(map(keys.count, keys)), 2, "an outcome may be lost with a kill")

    def test_with_an_empty_battery_nobody_knows_how_long(self):
        self.start()
        self.ward.watch()
        self.ward.ring()
        wait_for("a page", self.pages, 60)
        before = len(self.pages())
        self.kill()
        self.reboot()
        self.start(**clocked(WALL_CLOCK, self.ward.directory / "clock", wall=10 - time.time()))  # 1970
        self.assertEqual(self.gap(), "Nobody was watching, for an unknown time")
        # Its receiver has the right time and calls a page of 1970 old: the ward is told that, too.
        alarm = wait_for("the ward is told", lambda: next(
            (a for a in self.ward.json("alarms")["alarms"] if a["rule"] == "technical.channel"), None), 60)
        self.assertIn("webhook", alarm["message"])
        self.assertEqual(len(self.pages()), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
