#!/usr/bin/python3
"""The Debian packages: made, judged by lintian, unpacked, and their programs run from there.

  package_test.py REPOSITORY BUILD
"""
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

REPOSITORY, BUILD = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

# What somebody who installs it counts on.
HOLDS = {
    "magwatch": """
        /etc/magwatch/magwatch.toml /usr/sbin/magwatchd /usr/bin/magwatch /usr/libexec/magwatch/magwatch-simulator
        /usr/lib/systemd/system/magwatch-backup.service /usr/lib/systemd/system/magwatch-backup.timer
        /usr/lib/systemd/system/magwatchd.service /usr/lib/sysusers.d/magwatch.conf /usr/lib/tmpfiles.d/magwatch.conf
        /usr/share/magwatch/packs/minimal.toml /usr/share/magwatch/packs/ggc.toml
        /usr/share/magwatch/packs/ggc.test.toml /usr/share/magwatch/protocol/example.protocol.toml
        /usr/share/magwatch/maps/sim-monitor.toml /usr/share/magwatch/demo/director.py
        /usr/share/magwatch/systemd/serial.conf /usr/share/man/man1/magwatch.1.gz /usr/share/man/man8/magwatchd.8.gz
        /usr/share/man/man5/magwatch.toml.5.gz /usr/share/man/man5/magwatch-rules.5.gz
        /usr/share/bash-completion/completions/magwatch /usr/share/zsh/vendor-completions/_magwatch
        /usr/share/doc/magwatch/copyright /usr/share/doc/magwatch/changelog.gz
        /usr/share/doc/magwatch/changelog.Debian.gz /usr/share/doc/magwatch/sbom.cdx.json /usr/share/doc/magwatch/OPERATIONS.md
        /usr/share/doc/magwatch/html/index.html /usr/share/doc/magwatch/html/runbooks/MagwatchDown.html""",
    "magwatch-deadman": """
        /usr/bin/magwatch-deadman /usr/lib/systemd/system/magwatch-deadman.service
        /usr/share/magwatch-deadman/deadman.toml /usr/share/man/man8/magwatch-deadman.8.gz
        /usr/share/doc/magwatch-deadman/copyright""",
    "magwatch-web": """
        /usr/share/magwatch/web/index.html /usr/lib/systemd/user/magwatch-kiosk.service
        /usr/share/doc/magwatch-web/copyright""",
    "magwatch-grafana": """
        /usr/share/magwatch-grafana/grafana/dashboards/magwatch-ward.json
        /usr/share/magwatch-grafana/grafana/prometheus/magwatch.rules.yml
        /usr/share/magwatch-grafana/grafana/alertmanager/magwatch.example.yml
        /usr/share/magwatch-grafana/grafana/provisioning/dashboards/magwatch.yml
        /usr/share/doc/magwatch-grafana/copyright""",
}


def run(*command, **more):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, **more)


def processes_of(folder):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if int(pid) != os.getpid() and any(str(folder) in word for word in words):
            found.append(" ".join(words))
    return found


class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="magwatch-package-")
        cls.folder = pathlib.Path(cls.scratch.name)
        cls.folder.chmod(0o755)
        made = run(REPOSITORY / "tools/package", "--build", BUILD, "--output", cls.folder / "debs")
        assert made.returncode == 0, made.stderr
        cls.packages = {}
        for line in made.stdout.splitlines():
            cls.packages[os.path.basename(line).split("_")[0]] = pathlib.Path(line)
        cls.root = cls.folder / "root"
        cls.control = cls.folder / "control"
        cls.control.mkdir()
        for name, path in cls.packages.items():
            subprocess.run(["dpkg-deb", "-x", path, cls.root], check=True)
            subprocess.run(["dpkg-deb", "-e", path, cls.control / name], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def magwatch(self, *words, **more):
        return run(self.root / "usr/bin/magwatch", *words, **more)

    def test_there_are_four_and_each_holds_what_it_promises(self):
        self.assertEqual(sorted(self.packages), sorted(HOLDS))
        for name, path in self.packages.items():
            listed = run("dpkg-deb", "-c", path).stdout
            files = {line.split(maxsplit=5)[5].lstrip(".") for line in listed.splitlines()}
            for wanted in HOLDS[name].split():
                self.assertIn(wanted, files, name)
            self.assertEqual([line for line in listed.splitlines() if "root/root" not in line], [])
            self.assertNotRegex(listed, r"__pycache__|\.pyc|node_modules")

    def test_lintian_has_no_word_beyond_the_overrides(self):
        judged = run("lintian", "--allow-root", "--fail-on", "error,warning", *self.packages.values())
        self.assertEqual(judged.returncode, 0, judged.stdout + judged.stderr)
        self.assertEqual(judged.stdout, "")
        for overrides in (REPOSITORY / "packaging/debian").glob("*.lintian-overrides"):
            before = ""
            for line in overrides.read_text().splitlines():
                if not line.startswith("#"):
                    self.assertNotEqual(before, "", f"{overrides.name}: nothing explains '{line}'")
                before = line

    def test_the_programs_run_from_where_they_were_unpacked(self):
        for program in ("usr/bin/magwatch", "usr/sbin/magwatchd", "usr/bin/magwatch-deadman"):
            told = run(self.root / program, "--version")
            self.assertEqual(told.returncode, 0, told.stderr)
            self.assertIn("0.1.0", told.stdout)
            sections = run("readelf", "-S", self.root / program).stdout
            self.assertNotIn(".debug_info", sections, f"{program} is not stripped")

    def test_the_shipped_configuration_watches_nobody_and_says_so(self):
        told = self.magwatch("config", "check", self.root / "etc/magwatch/magwatch.toml")
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("0 beds", told.stdout)
        self.assertIn("watches nobody", told.stderr)
        self.assertEqual((self.control / "magwatch/conffiles").read_text(), "/etc/magwatch/magwatch.toml\n")

    def test_the_shipped_packs_pass_their_own_cases(self):
        told = self.magwatch("rules", "check", self.root / "usr/share/magwatch/packs")
        self.assertEqual(told.returncode, 0, told.stdout + told.stderr)

    def test_the_demo_runs_from_the_package_and_leaves_nothing(self):
        kept = self.folder / "demo"
        with open(self.folder / "demo.log", "w+") as log:
            demo = subprocess.Popen([self.root / "usr/bin/magwatch", "demo", "--calm", "--ports", "auto", "--keep", kept],
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
            try:
                end = time.monotonic() + 120
                while "magwatchd is ready" not in (self.folder / "demo.log").read_text():
                    self.assertIsNone(demo.poll(), (self.folder / "demo.log").read_text())
                    self.assertLess(time.monotonic(), end, (self.folder / "demo.log").read_text())
                    time.sleep(0.1)
                checked = self.magwatch("config", "check", kept / "magwatch.toml")
                self.assertEqual(checked.returncode, 0, checked.stderr)
                self.assertIn("6 beds", checked.stdout)
                status = self.magwatch("status", "--json", "--socket", kept / "magwatchd.sock")
                self.assertEqual(status.returncode, 0, status.stderr)
            finally:
                demo.send_signal(signal.SIGINT)
                self.assertEqual(demo.wait(60), 0)
        self.assertEqual(processes_of(kept), [])
        self.assertEqual(list((self.root / "usr/share/magwatch").rglob("__pycache__")), [])

    def preinst(self, word, journal=None, history=None):
        root = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
        state = root / "var/lib/magwatch"
        state.mkdir(parents=True)
        for name, version in (("journal.db", journal), ("history.db", history)):
            if version is None:
                continue
            database = sqlite3.connect(state / name)
            database.execute(f"PRAGMA user_version={version}")
            database.execute("CREATE TABLE t(x)")
            database.close()
        return run("sh", self.control / "magwatch/preinst", word, "0.0.9-1", env=dict(os.environ, DPKG_ROOT=str(root)))

    def test_a_downgrade_below_the_journals_format_is_refused_in_words(self):
        formats = (REPOSITORY / "daemon/journal/journal_format.hpp").read_text()
        journal = int(re.search(r"journal_version = (\d+)", formats).group(1))
        history = int(re.search(r"history_version = (\d+)", formats).group(1))
        for word in ("install", "upgrade"):
            self.assertEqual(self.preinst(word).returncode, 0)
            self.assertEqual(self.preinst(word, journal, history).returncode, 0)
            for refused in (self.preinst(word, journal + 1), self.preinst(word, journal, history + 1),
                            self.preinst(word, 70000)):
                self.assertEqual(refused.returncode, 1)
                self.assertIn("DOWNGRADE", refused.stderr)
                self.assertIn("0.1.0-1", refused.stderr)
        self.assertEqual(self.preinst("abort-upgrade", journal + 1).returncode, 0)

    def test_a_newer_format_that_only_the_log_shows_is_a_downgrade_too(self):
        formats = (REPOSITORY / "daemon/journal/journal_format.hpp").read_text()
        known = int(re.search(r"journal_version = (\d+)", formats).group(1))
        for logged, code in ((known, 0), (known + 1, 1)):
            root = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
            state = root / "var/lib/magwatch"
            state.mkdir(parents=True)
            database = sqlite3.connect(state / "live.db")
            for setting in ("journal_mode=WAL", "wal_autocheckpoint=0", f"user_version={known}"):
                database.execute(f"PRAGMA {setting}")
            database.execute("CREATE TABLE t(x)")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute(f"PRAGMA user_version={logged}")
            database.executemany("INSERT INTO t VALUES(?)", [("x" * 500,)] * 2000)
            database.commit()
            # As a daemon that was killed leaves them; its log is longer than what stands in it.
            for ending in ("", "-wal"):
                (state / f"journal.db{ending}").write_bytes((state / f"live.db{ending}").read_bytes())
            database.close()
            with open(state / "journal.db-wal", "ab") as log:
                log.write(bytes(1_000_000))
            head = (state / "journal.db").read_bytes()[60:64]
            self.assertEqual(int.from_bytes(head, "big"), known)
            done = run("sh", self.control / "magwatch/preinst", "upgrade", "0.0.9-1", env=dict(os.environ, DPKG_ROOT=str(root)))
            self.assertEqual(done.returncode, code, done.stderr)
            self.assertEqual("DOWNGRADE" in done.stderr, code == 1)

    def test_no_script_touches_the_journal_or_asks(self):
        for script in self.control.glob("*/p*"):
            text = script.read_text()
            self.assertEqual(run("sh", "-n", script).returncode, 0)
            self.assertNotRegex(text, r"(?m)^\s*(rm|find|read)\b")
            self.assertNotRegex(text, r"(rmdir|mv|chown|chmod)[^\n]*/var/lib/magwatch")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
