#!/usr/bin/python3
"""Backups of a real daemon: made while it works, killed in the middle, on a full disk, restored and started again.

  backup_test.py MAGWATCHD MAGWATCH
"""
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import unittest

from ward_process import ROOT, WardTest, free_port, wait_for

BINARY = sys.argv.pop(1)
MAGWATCH = sys.argv.pop(1)


class Backup(WardTest):
    binary, beds = BINARY, 4

    def setUp(self):
        super().setUp()
        self.state = self.ward.directory / "state"
        self.ward.extra = ["--state-directory", str(self.state)]
        self.out = self.ward.directory / "backups"

    def stop(self):
        self.ward.process.terminate()
        self.assertEqual(self.ward.process.wait(60), 0)

    def magwatch(self, *words, **more):
        return subprocess.run([MAGWATCH, *map(str, words)], capture_output=True, text=True, timeout=300, **more)

    def backup(self, *words):
        return self.magwatch("backup", "--config", self.config, "--output", self.out, "--json", *words)

    def good(self, *words):
        done = self.backup(*words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def restore(self, file, *words):
        return self.magwatch("restore", file, "--config", self.config, "--json", *words)

    def replay(self, folder):
        done = self.magwatch("replay", "--json", folder)
        self.assertNotEqual(done.stdout, "", done.stderr)
        return done.stdout.splitlines()

    def rules(self):
        return {alarm["rule"] for alarm in self.ward.json("alarms")["alarms"]}

    def chart(self, n, bed=1):
        return self.ward.chart(bed, kind="urine", value=30 + n % 5, unit="mL", since="2026-01-01T00:00:00Z",
                               at="2026-01-01T00:30:00Z", key=f"u{n}")

    def load(self, done):
        """People who chart while it is copied."""
        n = 0
        while not done.is_set():
            self.ward.chart(1, kind="rr", value=14 + n % 4, unit="/min", key=f"load-{n}")
            n += 1

    def test_a_running_ward_is_backed_up_while_it_works_and_replays_to_what_it_was(self):
        self.start()
        self.ward.watch()
        self.ward.ring()
        done = threading.Event()
        worker = threading.Thread(target=self.load, args=(done,))
        worker.start()
        try:
            made = self.good()
        finally:
            done.set()
            worker.join()
        self.assertTrue(made["running"])
        self.assertEqual(made["ward"], "l4")
        names = {part["name"] for part in made["parts"]}
        self.assertIn("history.db", names)
        self.assertIn(f"configuration{self.config}", names)
        self.assertIn(f"in-force{self.config}", names)
        self.assertFalse((self.state / "backup.copy").exists(), "the copies are gone")
        self.assertEqual(self.magwatch("backup", "verify", made["file"]).returncode, 0)
        listed = json.loads(self.magwatch("backup", "list", "--output", self.out, "--json").stdout)
        self.assertEqual([one["file"] for one in listed["backups"]], [made["file"]])
        # Anybody can open it without us.
        listing = subprocess.run(["tar", "--zstd", "-tf", made["file"]], capture_output=True, text=True, check=True)
        self.assertEqual(listing.stdout.splitlines()[:2], ["manifest.json", "journal.db"])
        self.stop()
        elsewhere = self.ward.directory / "elsewhere"
        restored = self.restore(made["file"], "--to", elsewhere)
        self.assertEqual(restored.returncode, 0, restored.stderr)
        ours, whole = self.replay(elsewhere)[:-1], self.replay(self.state)
        self.assertGreater(len(ours), 1)
        self.assertEqual(ours, whole[:len(ours)])

    def test_a_stopped_ward_is_backed_up_too_and_comes_back_byte_for_byte(self):
        self.start()
        self.ward.watch()
        self.ward.ring()
        self.ward.kill()  # its log is not in its file yet
        made = self.good()
        self.assertFalse(made["running"])
        elsewhere = self.ward.directory / "elsewhere"
        self.assertEqual(self.restore(made["file"], "--to", elsewhere).returncode, 0)
        self.assertEqual(self.replay(elsewhere), self.replay(self.state))

    def test_devices_that_share_a_map_come_back_with_it(self):
        shutil.copy(ROOT / "adapters/monitors/modbus/maps/sim-monitor.toml", self.ward.directory / "monitor.toml")
        self.config.write_text(self.config.read_text() + "".join(
            f'[[modbus]]\nname = "m{i}"\nbed = "bed-{i}"\nhost = "127.0.0.1"\nport = {free_port()}\nmap = "monitor.toml"\n'
            for i in (1, 2)))
        self.start()
        self.stop()
        made, back = self.good()["file"], self.ward.directory / "back"
        done = self.restore(made, "--to", back)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.replay(back), self.replay(self.state))

    def test_a_restored_ward_rings_again_and_says_what_it_is(self):
        self.start()
        self.ward.watch()
        self.ward.ring()
        call = wait_for("the call", self.ward.calls, 60)[0]
        made = self.good()
        incarnation = self.ward.json("status")["incarnation"]
        refused = self.restore(made["file"])
        self.assertEqual(refused.returncode, 1)
        self.assertIn("in use by process", refused.stderr)
        self.ward.chart(2, kind="rr", value=15, unit="/min", key="after the backup")
        self.stop()
        refused = self.restore(made["file"])
        self.assertEqual(refused.returncode, 1)
        self.assertIn("--force", refused.stderr)
        # The disk lost it.
        (self.state / "journal.db").write_bytes(b"rubbish" * 1000)
        before = len(self.ward.receiver.arrived())
        done = self.restore(made["file"])
        self.assertEqual(done.returncode, 0, done.stderr)
        aside = pathlib.Path(json.loads(done.stdout)["aside"])
        self.assertTrue((aside / "journal.db").read_bytes().startswith(b"rubbish"))
        self.start()
        wait_for("restored", lambda: "technical.restored" in self.rules(), 60)
        alarm = [a for a in self.ward.json("alarms")["alarms"] if a["rule"] == "technical.restored"][0]
        self.assertRegex(alarm["message"], r"Records restored from a backup of \d{4}-\d\d-\d\d \d\d:\d\d UTC")
        self.assertIn("technical.gap", self.rules())
        self.assertIn(call["number"], [c["number"] for c in self.ward.calls()])
        wait_for("the page", lambda: len(self.ward.receiver.arrived()) > before, 60)
        # No id of the starts whose records are lost is given again.
        self.assertGreater(self.ward.json("status")["incarnation"], incarnation + 1000)
        held = self.ward.json("status")["incarnation"]
        self.ward.kill()
        self.start()
        wait_for("still told", lambda: "technical.restored" in self.rules(), 60)
        self.assertEqual(self.ward.json("status")["incarnation"], held + 1)

    def test_killed_in_the_middle_nothing_half_counts_and_the_next_one_is_good(self):
        self.start()
        self.ward.watch()
        for n in range(40):
            self.chart(n)
        for when in range(6):
            process = subprocess.Popen([MAGWATCH, "backup", "--config", str(self.config), "--output", str(self.out)],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                process.wait(0.05 * when)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self.out.exists():
            for file in self.out.glob("*.backup"):
                self.assertEqual(self.magwatch("backup", "verify", file).returncode, 0, file)
        wait_for("the copy to be over",
                 lambda: self.ward.json("backup")["copy"]["state"] != "copying", 60)
        made = self.good()
        self.assertEqual([p.name for p in self.out.iterdir() if not p.name.endswith(".backup")], [])
        self.assertEqual(self.magwatch("backup", "verify", made["file"]).returncode, 0)
        # The daemon killed while it copies: its part is gone after the next start.
        (self.state / "backup.copy").mkdir(exist_ok=True)
        (self.state / "backup.copy" / "journal.db").write_bytes(b"half")
        self.ward.kill()
        self.start()
        wait_for("the half copy to go", lambda: not (self.state / "backup.copy").exists(), 60)

    def test_no_secret_is_in_it(self):
        canary = "canary-" + secrets.token_hex(16)
        key = self.ward.directory / "canary.key"
        key.write_text("whsec_" + canary)
        key.chmod(0o600)
        self.start()
        self.ward.watch()
        made = self.good()
        unpacked = self.ward.directory / "unpacked"
        unpacked.mkdir()
        subprocess.run(["tar", "--zstd", "-xf", made["file"], "-C", unpacked], check=True)
        hidden = [key.read_bytes(), (self.ward.directory / "hook.key").read_bytes(), (self.state / "answer.key").read_bytes()]
        for path in unpacked.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                for secret in hidden:
                    self.assertNotIn(secret, content, path)
                    self.assertNotIn(secret.removeprefix(b"whsec_"), content, path)

    def test_old_backups_ring_and_a_good_one_ends_it(self):
        self.config.write_text(self.config.read_text() + 'backup_within = "2 days"\n')
        self.state.mkdir()
        (self.state / "backup.json").write_text(json.dumps({"since": "2026-01-01T00:00:00Z"}))
        self.start()
        wait_for("the alarm", lambda: "technical.backup" in self.rules(), 60)
        alarm = [a for a in self.ward.json("alarms")["alarms"] if a["rule"] == "technical.backup"][0]
        self.assertEqual((alarm["priority"], alarm["message"]), ("low", "There is no backup of the records"))
        wait_for("the metric", lambda: b"magwatch_backup_last_success_timestamp_seconds 1767225600"
                 in self.ward.get("/metrics")[1], 60)
        made = self.good()
        self.assertTrue(os.path.exists(made["file"]))
        self.ward.kill()
        self.start()
        wait_for("its end", lambda: "technical.backup" not in self.rules(), 60)
        wait_for("the metric", lambda: b"magwatch_backup_last_successful 1" in self.ward.get("/metrics")[1], 60)

    def test_a_failure_is_told_and_keeps_the_older_ones(self):
        self.start()
        made = self.good("--keep", "1")
        blocked = self.ward.directory / "blocked"
        blocked.write_text("no folder")
        failed = self.magwatch("backup", "--config", self.config, "--output", blocked)
        self.assertEqual(failed.returncode, 1)
        self.assertIn("no backup was made", failed.stderr)
        note = json.loads((self.state / "backup.json").read_text())
        self.assertEqual(note["file"], made["file"])
        self.assertNotEqual(note["failed_because"], "")
        self.assertTrue(os.path.exists(made["file"]))

    def test_a_full_disk_leaves_no_half_and_the_older_one(self):
        self.start()
        self.ward.watch()
        self.stop()
        out = self.out
        out.mkdir()
        script = f'''
mount -t tmpfs -o size=64k none {out} || exit 77
{MAGWATCH} backup --config {self.config} --output {out}
code=$?
ls -A {out} | wc -l
exit $code
'''
        done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, timeout=300)
        if done.returncode == 77 or "unshare" in done.stderr:
            self.skipTest("no file system can be mounted here")
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stderr, "No space left|disk is full")
        self.assertEqual(done.stdout.split()[-1], "0", "nothing is left of it")

    def test_only_the_socket_may_ask(self):
        self.start()
        status, _ = self.ward.post("backup", {}, tcp=True)
        self.assertEqual(status, 403)
        self.ward.kill()
        shutil.rmtree(self.state)
        nothing = self.backup()
        self.assertEqual(nothing.returncode, 1, nothing)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    unittest.main(verbosity=2)
