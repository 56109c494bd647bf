#!/usr/bin/python3
"""`magwatch doctor` at a real daemon: well, killed, and with what an engineer finds at night.

  doctor_test.py MAGWATCHD MAGWATCH
"""
import json
import os
import pty
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest

from ward_process import WardTest, wait_for

BINARY, MAGWATCH = sys.argv.pop(1), os.path.abspath(sys.argv.pop(1))
OK, WRONG, UNREACHABLE = 0, 1, 4
os.umask(0o022)  # files that others may write are one of its findings
tempfile.tempdir = os.getcwd()  # a disk: a state in memory is one of its findings
DISK = subprocess.run(["stat", "-f", "-c", "%T", "."], capture_output=True, text=True, check=True).stdout.strip()


@unittest.skipIf(DISK in ("tmpfs", "ramfs", "nfs", "cifs", "smb2", "v9fs", "fuseblk") or DISK.startswith("fuse"),
                 f"the build lies on {DISK}: that alone is wrong for a ward")
class Doctor(WardTest):
    binary = BINARY

    def run_doctor(self, *words, before=()):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("MAGWATCH_")}
        return subprocess.run([*before, MAGWATCH, "doctor", "--config", str(self.config), *words], capture_output=True,
                              text=True, timeout=120, check=False, env=clean)

    def look(self, *words, before=()):
        """(exit code, {check: [(verdict, found)]}) of a doctor that says for each trouble what to do."""
        done = self.run_doctor("--json", *words, before=before)
        self.assertTrue(done.stdout, done.stderr)
        report, found = json.loads(done.stdout), {}
        for check in report["checks"]:
            self.assertEqual(check["advice"] is None, check["verdict"] == "ok", check)
            found.setdefault(check["check"], []).append((check["verdict"], check["found"]))
        self.assertEqual(report["ok"], done.returncode == OK)
        return done.returncode, found

    def calm(self):
        """What a slow start brought is over; what it finds then."""
        return wait_for("a calm ward", lambda: next((seen for seen in [self.look()] if seen[0] == OK), None), 60)

    def verdicts(self, found, check):
        return {verdict for verdict, _ in found[check]}

    def wrong(self, found):
        return sorted(check for check in found if "wrong" in self.verdicts(found, check))

    def test_nothing_is_wrong_with_a_ward_that_runs(self):
        self.start()
        self.ward.watch()
        code, found = self.calm()
        self.assertEqual((code, self.wrong(found)), (OK, []), found)
        self.assertLessEqual(self.verdicts(found, "fault"), {"ok", "warning"})  # a build machine's clock
        self.assertLessEqual(self.verdicts(found, "free space"), {"ok", "warning"})
        for check in ("daemon", "loop", "watched", "in force", "file", "secret", "directory", "journal.db",
                      "channels", "reachable", "programs", "running version"):
            self.assertEqual(self.verdicts(found, check), {"ok"}, (check, found[check]))
        self.assertIn("in use by process", found["journal.db"][0][1])
        # A demonstration without an outside watch is no ward that could be accepted.
        self.assertEqual(self.look("--strict")[0], WRONG)

    def test_what_people_and_pipes_see(self):
        self.start()
        self.calm()
        piped = self.run_doctor()
        self.assertEqual(piped.returncode, OK, piped.stdout)
        self.assertNotIn("\x1b", piped.stdout + piped.stderr)
        rows = piped.stdout.splitlines()
        self.assertEqual({len(row.split("\t")) for row in rows}, {5}, piped.stdout)
        self.assertRegex(piped.stderr, r"0 wrong, \d+ warnings, \d+ could not be told, \d+ ok")
        for no_colour in (None, "1"):
            shown, terminal = pty.openpty()
            environment = {**os.environ, **({"NO_COLOR": no_colour} if no_colour else {})}
            if not no_colour:
                environment.pop("NO_COLOR", None)
            process = subprocess.Popen([MAGWATCH, "doctor", "--config", str(self.config)], stdout=terminal,
                                       stderr=subprocess.DEVNULL, env=environment)
            os.close(terminal)
            text = b""
            try:
                while chunk := os.read(shown, 65536):
                    text += chunk
            except OSError:
                pass  # the other end is closed
            os.close(shown)
            self.assertEqual(process.wait(60), OK)
            self.assertEqual(b"\x1b" in text, not no_colour, text)

    def test_a_test_page_is_known(self):
        self.start()
        self.assertEqual(self.verdicts(self.look()[1], "test page"), {"warning"})
        done = subprocess.run([MAGWATCH, "page", "test", "--to", "midwife-1", "--person", "engineer-1", "--socket",
                               str(self.ward.directory / "magwatchd.sock")], capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        wait_for("the page is known", lambda: self.verdicts(self.look()[1], "test page") == {"ok"}, 60)

    def test_killed_it_is_4_and_4_only_if_nothing_else_is_wrong(self):
        self.start()
        self.calm()
        self.ward.kill()
        code, found = self.look()
        self.assertEqual((code, self.wrong(found)), (UNREACHABLE, ["daemon"]), found)
        self.assertIn("NOBODY WATCHES", found["daemon"][0][1])
        self.assertEqual(self.verdicts(found, "journal.db"), {"ok"})  # read with what the killed one left
        self.assertEqual(self.look("--offline")[0], OK)
        (self.ward.directory / "hook.key").chmod(0o644)
        code, found = self.look()
        self.assertEqual((code, self.wrong(found)), (WRONG, ["daemon", "secret"]), found)

    def test_a_secret_that_others_read(self):
        self.start()
        self.calm()
        (self.ward.directory / "hook.key").chmod(0o640)
        code, found = self.look()
        self.assertEqual((code, self.wrong(found)), (WRONG, ["secret"]), found)
        self.assertIn("mode 0640", found["secret"][0][1])

    def test_a_file_that_is_not_what_runs(self):
        self.start()
        self.calm()
        self.config.write_text(self.config.read_text() + "# edited at night\n")
        code, found = self.look()
        self.assertEqual((code, self.wrong(found)), (WRONG, ["in force"]), found)
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("the reload", lambda: self.look()[0] == OK, 60)
        # A pack that is changed changes what is decided, though the configuration is the same.
        pack = self.ward.directory / "example.toml"
        pack.write_text(pack.read_text().replace('title = "', 'title = "Now: ', 1))
        self.assertIn("in force", self.wrong(self.look()[1]))

    def test_the_last_good_one_runs(self):
        self.start()
        self.ward.process.terminate()  # what is in force is on disk when it has ended
        self.assertEqual(self.ward.process.wait(60), 0)
        self.config.write_text(self.config.read_text() + "\n[nonsense]\nkey = 1\n")
        self.ward.extra = ["--state-directory", str(self.ward.directory / "state")]
        self.start()
        code, found = self.look("--socket", str(self.ward.directory / "magwatchd.sock"), "--state-directory",
                                str(self.ward.directory / "state"))
        self.assertEqual(code, WRONG)
        self.assertLessEqual({"file", "in force"}, set(self.wrong(found)))
        self.assertIn("last good", str(found["in force"]))

    def test_a_journal_of_a_newer_magwatch_is_told_and_left_alone(self):
        self.start()
        self.ward.process.terminate()
        self.assertEqual(self.ward.process.wait(60), 0)
        journal = self.ward.directory / "state/journal.db"
        database = sqlite3.connect(journal)
        database.execute("PRAGMA user_version=70000")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        before = journal.read_bytes()
        code, found = self.look("--offline")
        self.assertEqual((code, self.wrong(found)), (WRONG, ["journal.db"]), found)
        self.assertIn("format 70000", found["journal.db"][0][1])
        self.assertEqual(journal.read_bytes(), before)

    def test_a_full_disk(self):
        """On a small file system of its own, which only this process sees."""
        inside = ["unshare", "--mount", "--map-root-user", "--user"]
        state = self.ward.directory / "small"
        state.mkdir(mode=0o700)
        mount = f"mount -t tmpfs -o size=1m,mode=700 none {state} && "
        if subprocess.run([*inside, "sh", "-c", mount + "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("this machine gives nobody a file system of their own")
        fill = mount + f'head -c 1040000 /dev/zero > {state}/full; exec "$@"'
        code, found = self.look("--offline", "--state-directory", str(state), before=(*inside, "sh", "-c", fill, "sh"))
        self.assertEqual(code, WRONG)
        self.assertEqual(self.verdicts(found, "free space"), {"wrong"}, found)
        self.assertEqual(self.verdicts(found, "file system"), {"wrong"}, found)  # it lies in memory, too

    @unittest.skipIf(os.geteuid() != 0, "only root can become somebody else")
    def test_another_user_is_told_what_could_not_be_seen(self):
        self.start()
        self.calm()
        self.ward.directory.chmod(0o711)
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        if subprocess.run([*nobody, MAGWATCH, "version"], capture_output=True, check=False).returncode != 0:
            self.skipTest("nobody may not run this program from here")
        code, found = self.look(before=nobody)
        self.assertEqual((code, self.wrong(found)), (OK, []), found)
        self.assertEqual(self.verdicts(found, "journal.db"), {"unknown"}, found)


if __name__ == "__main__":
    unittest.main(verbosity=2)
