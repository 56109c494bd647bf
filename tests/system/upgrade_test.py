#!/usr/bin/python3
"""Today's magwatchd on what an older one wrote (tests/data/wards), and on what a newer one may write one day.

  upgrade_test.py MAGWATCHD MAGWATCH WALL_CLOCK

Each kept folder is that of a ward that was killed with an open call. The clock is set to 90 s after that (WALL_CLOCK,
tests/support/wall_clock.cpp), so that the result does not depend on the day of the test.
"""
import json
import os
import re
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import tarfile
import time
import unittest

from surroundings import clocked
from ward_process import ROOT, WardTest, on_a_ward, wait_for

WALL_CLOCK, CLI, BINARY = os.path.abspath(sys.argv.pop(3)), sys.argv.pop(2), sys.argv.pop(1)
KEPT = ROOT / "tests/data/wards"
AWAY = 90  # s
SIGNALS = {"rr": "rr_counted", "reflex": "reflex_knee", "urine": "urine", "level": "mg", "infusion": "infusion_rate"}


class Opened(WardTest):
    binary, beds = BINARY, 2

    def setUp(self):
        super().setUp()
        self.state = self.ward.directory / "state"
        self.environment = {}

    def start(self):
        self.ward.start(**self.environment)
        self.ward.ready()

    def end(self):
        self.ward.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.ward.process.wait(60), 0)

    def ward_with_content(self):
        self.start()
        self.ward.watch()
        self.ward.ring()
        wait_for("a page", lambda: self.pages("bed-1"), 60)
        self.alarm_at_end = self.alarm("reflex-absent", "bed-1")
        self.end()

    def watched(self):
        return [bed["alias"] for bed in self.ward.json("beds")["beds"] if bed["watched"]]

    def alarm(self, rule, bed=None):
        return next((a for a in self.ward.json("alarms")["alarms"] if (a["rule"], a["bed"]) == (rule, bed)), None)

    def faults(self):
        return {fault["fault"] for fault in self.ward.json("status")["faults"]}


class Upgrade(Opened):
    def put(self, name):
        """The kept folder, and the clock a little after it was left."""
        self.state.mkdir()
        with tarfile.open(KEPT / f"{name}.tar.xz") as archive:
            archive.extractall(self.state)
        kept = json.loads((KEPT / f"{name}.json").read_text())
        self.environment = clocked(WALL_CLOCK, self.ward.directory / "clock", kept["killed_at"] + AWAY - time.time())
        # A receiver whose clock is right would call these pages old: theirs is the ward's.
        self.ward.receiver.stop()
        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        try:
            self.ward.receiver = type(self.ward.receiver)(self.ward.directory, self.ward.directory / "hook.key")
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
        text = self.config.read_text()
        self.config.write_text(re.sub(r"127\.0\.0\.1:\d+/page", f"127.0.0.1:{self.ward.receiver.port}/page", text))
        return kept

    def holds_what_was_charted(self, kept):
        newest = {SIGNALS[entry["kind"]]: entry["value"] for entry in kept["entries"]}
        beds = {bed["alias"]: bed for bed in self.ward.json("beds")["beds"]}
        # Whether it still counts depends on how long ago that was.
        known = {one["signal"]: (one["last"] or {}).get("value") for one in beds["bed-1"]["signals"]}
        self.assertEqual({signal: known.get(signal) for signal in newest}, newest)

    def goes_on(self, name):
        kept = self.put(name)
        keys, numbers = [page["key"] for page in kept["pages"]], [page["number"] for page in kept["pages"]]
        self.start()
        self.assertEqual(self.watched(), ["bed-1"], self.ward.daemon_log())
        wait_for("the open call rings again", lambda: self.pages("bed-1"), 60)
        again = self.pages("bed-1")[0]
        self.assertNotIn(again["key"], keys, "an outcome was known: it is a page of its own")
        self.assertEqual(again["key"].split("/")[0], keys[0].split("/")[0], "of the same call")
        self.assertIn("No reflexes", again["text"])
        self.assertEqual(self.alarm("reflex-absent", "bed-1")["id"], kept["alarm"])
        # The daemon that was killed had itself been away for less than a second: what counts is this time. By the wall
        # clock, but on the boot of the day on which the folder was made.
        gap = self.alarm("technical.gap")["message"]
        self.assertRegex(gap, r"^Nobody was watching for [1-9]\d* (s|min|h)$")
        self.holds_what_was_charted(kept)
        self.assertFalse(self.faults() & {"journal", "history"}, self.ward.daemon_log())

        # Whatever is new has a name that nothing had before.
        self.ward.watch(2)
        self.ward.ring(2)
        wait_for("a page of a new call", lambda: self.pages("bed-2"), 60)
        new = self.pages("bed-2")[0]
        incarnation = int(new["key"].split("-")[0])
        self.assertGreater(incarnation, max(int(key.split("-")[0]) for key in keys))
        self.assertGreater(new["number"], max(numbers))

        # From now on it is a journal of today.
        self.end()
        database = sqlite3.connect(self.state / "journal.db")
        self.assertEqual(database.execute("PRAGMA user_version").fetchone(), (3,))
        database.close()
        self.assertFalse(list(self.state.glob("*.damaged-*")))
        self.start()
        self.assertEqual(self.watched(), ["bed-1", "bed-2"])
        self.holds_what_was_charted(kept)
        call = next(c["id"] for c in self.ward.calls() if kept["alarm"] in c["alarms"])
        self.ward.must(f"calls/{call}/answer", {"person": "midwife-1", "answer": "here"})

    def test_a_journal_of_format_1_goes_on(self):
        self.goes_on("journal-1")

    def test_a_journal_of_format_3_with_the_archive_of_format_11_goes_on(self):
        self.goes_on("journal-3")


def crc32c(data, crc=0):
    """As daemon/journal/journal_format.hpp has it."""
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def row_crc(columns, blob):
    return crc32c(b"".join(struct.pack("<q", column) for column in columns) + blob)


class Stricter(Opened):
    """A newer magwatch may refuse a rule pack that an older one took: the watch and the open call are kept."""

    def test_a_pack_that_is_refused_costs_nobody_her_alarm(self):
        self.ward_with_content()
        alarm, paged = self.alarm_at_end["id"], len(self.ward.receiver.arrived())
        database = sqlite3.connect(self.state / "journal.db")
        rows = database.execute("SELECT id, batch, ward, wall, state FROM snapshots").fetchall()
        changed = 0
        for *columns, state in rows:
            if state[0] == 1:
                state = b"\x00" + subprocess.run(["zstd", "-dc"], input=state[1:], capture_output=True, check=True).stdout
            changed += state.count(b"[[rule]]") > 0
            state = state.replace(b"[[rule]]", b"[[ruel]]", 1)
            database.execute("UPDATE snapshots SET state = ?, crc = ? WHERE id = ?",
                             (state, row_crc(columns, state), columns[0]))
        database.commit()
        database.close()
        self.assertGreater(changed, 0)
        self.start()
        self.assertIn("of the snapshot this version refuses: the rule pack", self.ward.daemon_log())
        self.assertEqual(self.watched(), ["bed-1"])
        wait_for("it rings again", lambda: len(self.ward.receiver.arrived()) > paged, 60)
        self.assertEqual(self.alarm("reflex-absent", "bed-1")["id"], alarm)
        wait_for("the ward is told", lambda: "journal" in self.faults(), 60)
        self.assertIn("This version refuses the rules that ran", self.alarm("technical.journal")["message"])
        self.ward.must("entries", {"key": "reflex", "bed": "bed-1", "person": "midwife-1", "kind": "reflex",
                                   "site": "knee", "value": 2})
        wait_for("the pack of the file judges",
                 lambda: (self.alarm("reflex-absent", "bed-1") or {}).get("condition") is False, 60)


class Downgrade(Opened):
    """What a newer magwatch wrote is refused in words and left as it is, to the byte."""

    def files(self):
        return {path.name: path.read_bytes() for path in self.state.iterdir() if path.is_file()}

    def is_refused(self, said):
        """It ends at once, for good, and without a word to anybody's pager."""
        before, paged = len(self.ward.daemon_log()), len(self.ward.receiver.arrived())
        for _ in range(4):  # also of a service manager that tries again: no safe mode comes of it
            self.ward.start()
            self.assertEqual(self.ward.process.wait(60), 78, self.ward.daemon_log())
        self.assertIn(said, self.ward.daemon_log()[before:] if before < 3000 else self.ward.daemon_log())
        self.assertEqual(len(self.ward.receiver.arrived()), paged)

    def set_version(self, name, version):
        database = sqlite3.connect(self.state / name)
        database.execute(f"PRAGMA user_version={version}")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def test_a_journal_of_a_newer_format_is_left_to_the_byte(self):
        self.ward_with_content()
        self.set_version("journal.db", 4)
        before = self.files()
        self.is_refused("has format 4, this magwatch knows 3: it was made by a newer one")
        self.assertEqual(self.files(), before)

    def test_so_is_one_whose_daemon_was_killed_with_the_newer_format_in_its_log_alone(self):
        self.ward_with_content()
        copy = self.ward.directory / "copy"
        database = sqlite3.connect(self.state / "journal.db")
        database.execute("PRAGMA user_version=4")
        shutil.copytree(self.state, copy)  # as a kill leaves it
        database.close()
        shutil.rmtree(self.state)
        (copy / "journal.db-shm").unlink(missing_ok=True)
        copy.rename(self.state)
        self.assertNotEqual((self.state / "journal.db-wal").stat().st_size, 0)
        before = self.files()
        self.is_refused("has format 4, this magwatch knows 3: it was made by a newer one")
        self.assertEqual(self.files(), before)

    def content(self):
        database = sqlite3.connect(self.state / "journal.db")
        try:
            return {table: database.execute(f"SELECT * FROM {table}").fetchall()
                    for table in ("batches", "snapshots", "incarnations", "meta", "named", "blobs")}
        finally:
            database.close()

    def newer_content(self, insert):
        """Newer inside alone, which no release may write: its records are not taken for damage, and none is lost."""
        self.ward_with_content()
        database = sqlite3.connect(self.state / "journal.db")
        insert(database)
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        before = self.content()
        self.is_refused("of a format that this magwatch does not know: a newer one wrote them")
        self.assertEqual(self.content(), before)
        self.assertFalse(list(self.state.glob("*.damaged-*")))

    def test_a_newer_snapshot_is_not_passed_over(self):
        def insert(database):
            number, batch, ward, wall = database.execute(
                "SELECT id, batch, ward, wall FROM snapshots ORDER BY id DESC").fetchone()
            state = b"\x00" + bytes([13]) + b"whatever a newer ward knows"
            crc = row_crc((number + 1, batch, ward, wall), state)
            database.execute("INSERT INTO snapshots VALUES(?, ?, ?, ?, ?, ?)",
                             (number + 1, batch, ward, wall, state, crc))
        self.newer_content(insert)

    def test_a_newer_record_is_no_damage(self):
        def insert(database):
            number, last, wall = database.execute("SELECT id, last, wall FROM batches ORDER BY id DESC").fetchone()
            record = bytes([3, 13]) + b"whatever a newer ward was told"
            records = b"\x00" + bytes([len(record)]) + record
            crc = row_crc((number + 1, last, last, wall, 1, 0), records)
            database.execute("INSERT INTO batches VALUES(?, ?, ?, ?, 1, 0, ?, ?)",
                             (number + 1, last, last, wall, records, crc))
        self.newer_content(insert)

    def test_a_newer_history_costs_the_trends_alone_and_the_ward_is_told(self):
        self.ward_with_content()
        self.set_version("history.db", 3)
        before = (self.state / "history.db").read_bytes()
        self.start()
        self.assertEqual(self.watched(), ["bed-1"])
        wait_for("it rings again", lambda: len(self.pages("bed-1")) > 1, 60)
        wait_for("the ward is told", lambda: self.alarm("technical.history"), 60)
        self.end()
        self.assertEqual((self.state / "history.db").read_bytes(), before)

    def test_a_newer_list_of_people_unlocks_nothing_and_stays_as_it_is(self):
        on_a_ward(self.ward, "")
        self.ward_with_content()
        people = self.state / "people.json"
        people.write_text(json.dumps({"version": 2, "people": "in another way"}))
        people.chmod(0o600)
        before = people.read_bytes()
        self.start()
        self.assertEqual(self.watched(), ["bed-1"], "nobody's list keeps the ward from being watched")
        self.assertIn("written by another version of magwatch", self.ward.daemon_log())
        status, answer = self.ward.post("session", {"person": "midwife-1", "pin": "246810"}, tcp=True)
        self.assertNotIn(status, (200, 201), answer)
        status, answer = self.ward.post("people", {"name": "someone", "label": "Someone", "role": "midwife",
                                                   "pin": "135791"})
        self.assertNotIn(status, (200, 201), answer)
        self.end()
        self.assertEqual(people.read_bytes(), before)

    def test_a_newer_backup_is_not_restored(self):
        self.ward_with_content()
        backup = self.ward.directory / "newer.backup"
        made = subprocess.run([CLI, "backup", "--config", self.config, "--output", self.ward.directory], text=True,
                              capture_output=True, timeout=300, check=False)
        self.assertEqual(made.returncode, 0, made)
        inside = self.ward.directory / "inside"
        inside.mkdir()
        found = next(self.ward.directory.glob("magwatch-*.backup"))
        subprocess.run(["tar", "--zstd", "-xf", found, "-C", inside], check=True)
        manifest = json.loads((inside / "manifest.json").read_text())
        manifest["journal_format"], manifest["version"] = 4, "9.9.9"
        (inside / "manifest.json").write_text(json.dumps(manifest))
        names = ["manifest.json"] + [part["name"] for part in manifest["parts"]]
        subprocess.run(["tar", "--zstd", "--format=ustar", "-cf", backup, "-C", inside, *names], check=True)
        before = self.files()
        done = subprocess.run([CLI, "restore", backup, "--config", self.config], text=True, capture_output=True,
                              timeout=300, check=False)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("it was made by a newer one, 9.9.9. Install that version first", done.stderr)
        self.assertEqual(self.files(), before)


if __name__ == "__main__":
    unittest.main(verbosity=2)
