#!/usr/bin/python3
"""A disk that is really full: a tmpfs of the daemon's own. Alarms page, nothing is confirmed that a crash could lose, a
start finds the ward as it was, and all is well when there is room again.

  disk_test.py MAGWATCHD
"""
import http.client
import os
import pathlib
import sys
import time
import unittest

from monitors import Monitor, register_map
from surroundings import Namespaces
from ward_process import WardTest, on_a_ward, wait_for

BINARY = os.path.abspath(sys.argv.pop(1))
SIZE = 40  # MiB: the reserve of the journal is 16


class OnADisk(WardTest):
    binary, beds = BINARY, 2

    def setUp(self):
        super().setUp()
        state = self.ward.directory / "state"
        state.mkdir()
        own = Namespaces(self.ward, ["--mount"], f"mount -t tmpfs -o size={SIZE}m,mode=700 none {state}")
        self.addCleanup(own.release)
        self.state = pathlib.Path(f"/proc/{own.inside}/root{state}")

    def start(self):
        self.ward.start(RUNTIME_DIRECTORY=str(self.ward.directory))  # where records go meanwhile
        self.ward.ready()

    def fill(self):
        """Not a byte is left."""
        with open(self.state / "filler", "ab", buffering=0) as file:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def paged(self, bed):
        return len([a for a in self.ward.receiver.arrived()
                    if a["page"]["kind"] == "physiological" and a["page"]["bed"] == f"bed-{bed}"])

    def faults(self):
        return {f["fault"] for f in self.ward.json("status")["faults"]}

    def watched(self):
        return [bed["alias"] for bed in self.ward.json("beds")["beds"] if bed["watched"]]

    def eat_reserve(self, bed):
        """Charts until nothing is confirmed any more."""
        for number in range(20_000):
            status, _ = self.ward.chart(bed, key=f"eat-{number}", kind="rr", value=16, unit="/min")
            if status not in (200, 201):
                return
            if number % 50 == 0:
                self.fill()
        self.fail("the disk is never full")

    def full_start(self, told=True):
        before = self.paged(1)
        self.fill()
        self.start()
        self.assertEqual(self.watched(), ["bed-1"], self.ward.daemon_log())
        wait_for("the call rings again", lambda: self.paged(1) > before, 60)
        if told:
            wait_for("the ward is told", lambda: {"disk_critical", "journal"} & self.faults(), 60)
        # The next key, too, is one that nobody had before.
        keys = [a["page"]["key"] for a in self.ward.receiver.arrived()]
        self.assertLessEqual(max(map(keys.count, keys)), 2)


class Disk(OnADisk):
    def test_alarms_page_and_all_is_well_when_there_is_room(self):
        self.start()
        self.ward.watch(1)
        self.ward.watch(2)
        self.assertNotIn("disk_critical", self.faults())
        self.fill()
        wait_for("the ward is told", lambda: "disk_critical" in self.faults(), 60)
        self.eat_reserve(1)
        wait_for("and that nothing is kept", lambda: "journal" in self.faults(), 60)
        self.ward.chart(2, kind="infusion", value=1, unit="g/h")
        self.ward.chart(2, kind="reflex", site="knee", value=0)
        wait_for("an alarm pages", lambda: self.paged(2), 60)
        (self.state / "filler").unlink()
        wait_for("all is well", lambda: not {"disk_critical", "journal"} & self.faults(), 60)
        status, answer = self.ward.chart(1, key="well", kind="rr", value=17, unit="/min")
        self.assertIn(status, (200, 201), answer)
        # What came while the disk was full is not lost either: it waited in memory.
        before = self.paged(2)
        self.ward.kill()
        self.start()
        self.assertEqual(self.watched(), ["bed-1", "bed-2"])
        wait_for("the call rings again", lambda: self.paged(2) > before, 60)

    def test_a_start_on_a_full_disk_finds_the_ward_as_it_was(self):
        self.start()
        self.ward.watch(1)
        self.ward.ring(1)
        wait_for("a page", lambda: self.paged(1), 60)
        with self.subTest("after a kill"):
            self.ward.kill()
            self.full_start()
        with self.subTest("without a reserve"):
            self.ward.kill()
            (self.state / "journal.reserve").unlink(missing_ok=True)
            self.full_start()

    def ring_and_end(self):
        self.start()
        self.ward.watch(1)
        self.ward.ring(1)
        wait_for("a page", lambda: self.paged(1), 60)
        self.ward.process.terminate()
        self.assertEqual(self.ward.process.wait(60), 0)

    def test_a_start_on_a_full_disk_after_an_orderly_end(self):
        self.ring_and_end()
        with self.subTest("with its reserve"):
            self.full_start(told=False)  # of so small a disk it is nearly half
            self.ward.process.terminate()
            self.assertEqual(self.ward.process.wait(60), 0)
        with self.subTest("without"):
            (self.state / "journal.reserve").unlink(missing_ok=True)
            self.full_start()

    def test_a_start_with_a_journal_larger_than_its_memory_finds_the_ward_as_it_was(self):
        self.ring_and_end()
        (self.state / "journal.reserve").unlink(missing_ok=True)
        os.truncate(self.state / "journal.db", 600 << 20)  # of which the disk knows nothing
        self.full_start()
        wait_for("the ward is told of its records", lambda: "journal" in self.faults(), 60)
        copies = list(self.ward.directory.glob("magwatch-journal.*/journal.db"))
        self.assertEqual(len(copies), 1)
        self.assertLess(copies[0].stat().st_size, 128 << 20)


class Believed(OnADisk):
    """On a ward with people, a commissioned monitor and a link that was sent."""

    def setUp(self):
        super().setUp()
        self.monitor = Monitor()
        self.addCleanup(self.monitor.close)
        (self.ward.directory / "bed.toml").write_text(register_map('name = "bed"\nmodel = "Bed"\ninterval = "200 ms"\n'))
        on_a_ward(self.ward, f'''
[[modbus]]
name = "monitor-1"
host = "127.0.0.1"
port = {self.monitor.server_address[1]}
map = "bed.toml"
bed = "bed-1"
[pager]
answer_url = "http://127.0.0.1:{self.ward.port}"
''')

    def device(self):
        return self.ward.json("commissioning/monitor-1")["device"]

    def commission(self):
        true = self.device()
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        pairs = [{"bed": "bed-1", "signal": name, "screen": screen, "looks": 2, "at": at, **read}
                 for name, low, high in (("hr", 80, 120), ("rr", 16, 28), ("spo2", 97, 88))
                 for screen, read in ((str(low), {"read": low}), (str(high), {"read": high}), ("none", {}))]
        self.ward.must("commissioning/monitor-1", {
            "person": "A. Engineer", "role": "engineer", "remark": "first", "firmware": "1", "serial": "1", "pairs": pairs,
            "left_out": [], "fingerprint": true["fingerprint"], "place": true["place"]})

    def value(self):
        return next((s["value"] for s in self.ward.json("beds/bed-1")["bed"]["signals"] if s["signal"] == "rr"), None)

    def unlock(self):
        """By her PIN, as at the board; the status."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ward.port, timeout=60)
        own = f"http://127.0.0.1:{self.ward.port}"
        connection.request("POST", "/api/v1/session/unlock", '{"person": "midwife-1", "pin": "471109"}', {
            "Content-Type": "application/json", "X-Magwatch-Client": "board", "Origin": own, "Sec-Fetch-Site": "same-origin"})
        status = connection.getresponse().status
        connection.close()
        return status

    def test_a_start_on_a_disk_that_takes_nothing_knows_people_devices_and_links(self):
        self.start()
        self.ward.must("people", {"name": "midwife-1", "role": "midwife", "pin": "471109"})
        self.assertEqual(self.unlock(), 200)
        self.commission()
        self.ward.watch(1)
        wait_for("its values are used", lambda: self.value() == 16, 60)
        self.ward.ring(1)
        links = wait_for("a page with links", lambda: [page["answers"] for page in self.pages() if "answers" in page], 60)[0]
        link = "/answer/" + links["coming"].rpartition("/")[2]
        self.assertEqual(self.ward.get(link)[0], 200)
        self.ward.process.terminate()
        self.assertEqual(self.ward.process.wait(60), 0)
        (self.state / "journal.reserve").unlink(missing_ok=True)
        self.full_start()
        wait_for("the ward is told of its records", lambda: "journal" in self.faults(), 60)
        self.assertEqual(self.device()["state"], "commissioned", self.ward.daemon_log())
        wait_for("its values are used", lambda: self.value() == 16, 60)
        self.assertEqual(self.unlock(), 200)
        self.assertEqual(self.ward.get(link)[0], 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
