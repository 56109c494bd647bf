#!/usr/bin/python3
"""`magwatch config init` as people and scripts use it: flags, a file of answers, a terminal, and what is there already.

  config_init_test.py MAGWATCH REPOSITORY
"""
import json
import os
import pathlib
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

MAGWATCH, ROOT = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve()
OK, FAILED, USAGE = 0, 1, 2


def run(*words, **more):
    return subprocess.run([MAGWATCH, *map(str, words)], capture_output=True, text=True, timeout=300, check=False,
                          stdin=subprocess.DEVNULL, **more)


class ConfigInit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="magwatch-init-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "magwatch.toml"
        shutil.copy(ROOT / "rules/packs/example.toml", self.folder)
        shutil.copy(ROOT / "rules/protocol/example.protocol.toml", self.folder)
        key = self.folder / "webhook-midwife-1"
        key.write_text("whsec_c2VjcmV0")
        key.chmod(0o600)
        self.demo = ["--mode", "demo", "--ward", "l4", "--bed", "2", "--pack", "example.toml", "--protocol",
                     "example.protocol.toml", "--person", "midwife-1:bedside:webhook=http://127.0.0.1:9/page",
                     "--secrets", self.folder]

    def init(self, *words):
        return run("config", "init", "--output", self.file, *words)

    def check(self):
        return json.loads(run("config", "check", "--json", self.file).stdout)

    def test_a_demonstration_by_flags_is_good_at_once(self):
        done = self.init(*self.demo)
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertIn("good as it is", done.stdout)
        self.assertNotIn("Still to supply", done.stderr)
        self.assertIn("magwatch watch start bed-1", done.stderr)
        self.assertEqual(self.check()["errors"], [])
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o644)
        self.assertEqual([path.name for path in self.folder.glob("magwatch.toml*")], ["magwatch.toml"])

    def test_without_a_terminal_everything_that_is_missing_is_named_and_nothing_written(self):
        done = self.init()
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
        for flag in ("--ward", "--bed", "--person"):
            self.assertIn(f"missing: {flag} ", done.stderr)
        done = self.init("--ward", "l4", "--person", "m:bedside:sms=+447700900123", "--gateway", "smtp=x")
        self.assertEqual(done.returncode, USAGE)
        for flag in ("--bed", "--mail-from", "--gateway sms"):
            self.assertIn(flag, done.stderr)
        self.assertNotIn("--ward", done.stderr)
        self.assertFalse(self.file.exists())

    def test_a_ward_is_told_what_it_must_supply(self):
        done = self.init("--ward", "l4", "--bed", "1", "--person", "m:bedside:sms=+447700900123", "--gateway",
                         "sms:city=https://sms.example/m", "--json")
        self.assertEqual(done.returncode, OK, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual((told["written"], told["valid"], told["credentials"]), (True, False, ["sms-city"]))
        self.assertEqual(len(told["supply"]), 3, told)
        refused = self.check()
        self.assertEqual(len(refused["errors"]), 2, refused)  # the pack and the protocol; secrets are the daemon's

    def test_what_is_there_stays_unless_it_watches_nobody_or_by_force(self):
        self.assertEqual(self.init(*self.demo).returncode, OK)
        before = self.file.read_text()
        refused = self.init(*self.demo, "--phone", "4471")
        self.assertEqual(refused.returncode, FAILED)
        self.assertIn("--force", refused.stderr)
        self.assertEqual(self.file.read_text(), before)
        self.assertEqual(self.init(*self.demo, "--phone", "4471", "--force").returncode, OK)
        self.assertIn('phone = "4471"', self.file.read_text())
        self.assertEqual((self.folder / "magwatch.toml.old").read_text(), before)
        self.file.write_text("[ward\n")  # nobody knows what it watches
        self.assertEqual(self.init(*self.demo).returncode, FAILED)

    def test_the_shipped_file_becomes_a_ward_in_one_step(self):
        shipped = (ROOT / "systemd/magwatch.toml").read_text()
        self.file.write_text(shipped)
        self.assertEqual(self.init(*self.demo).returncode, OK)
        self.assertEqual(len(run("config", "check", self.file).stdout.split("2 beds")), 2)
        self.assertEqual((self.folder / "magwatch.toml.old").read_text(), shipped)
        self.assertIn("magwatch config init", shipped)

    def test_a_dry_run_writes_nothing(self):
        done = self.init(*self.demo, "--dry-run")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertFalse(self.file.exists())
        self.file.write_text(done.stdout)
        self.assertEqual(self.check()["errors"], [])
        self.assertEqual(json.loads(self.init(*self.demo, "--dry-run", "--json").stdout)["text"], done.stdout)

    def test_a_file_of_answers(self):
        answers = self.folder / "answers.toml"
        answers.write_text('ward = "l4"\nbed = ["bed-1=Ward L4 Bed 1", "bed-2"]\nmode = "demo"\npack = "example.toml"\n'
                           'protocol = "example.protocol.toml"\nperson = ["m:bedside:snpp=5551234"]\n'
                           'gateway = ["snpp:hospital=127.0.0.1:444"]\n')
        done = self.init("--answers", answers, "--ward", "other")
        self.assertEqual(done.returncode, OK, done.stderr)
        self.assertIn('name = "other"', self.file.read_text())
        self.assertIn('place = "Ward L4 Bed 1"', self.file.read_text())
        answers.write_text('wards = "l4"\n')
        done = self.init("--answers", answers, "--force")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("answers.toml:1:", done.stderr)
        self.assertEqual(self.init("--answers", self.folder / "none.toml", "--force").returncode, USAGE)

    def test_answers_that_make_no_configuration_are_a_matter_of_usage(self):
        done = self.init(*self.demo, "--phone", "a number that is too long")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("at most 16", done.stderr)
        self.assertFalse(self.file.exists())

    def test_a_folder_that_is_not_there_is_told(self):
        done = run("config", "init", "--output", self.folder / "none/magwatch.toml", *self.demo)
        self.assertEqual(done.returncode, FAILED)
        self.assertIn("No such file", done.stderr)

    def ask(self, *answers):
        """The exit code, and what stood on the terminal; each answer is typed when its question stands there."""
        process, terminal = pty.fork()
        if process == 0:
            os.chdir(self.folder)
            os.execv(MAGWATCH, [MAGWATCH, "config", "init", "--output", str(self.file)])
        seen, end = "", time.monotonic() + 60
        for question, answer in answers:
            at = len(seen)
            while question not in seen[at:]:
                self.assertLess(time.monotonic(), end, seen)
                if select.select([terminal], [], [], 0.1)[0]:
                    seen += os.read(terminal, 65536).decode(errors="replace")
            os.write(terminal, answer.encode())
        try:
            while True:
                self.assertLess(time.monotonic(), end, seen)
                seen += os.read(terminal, 65536).decode(errors="replace")
        except OSError:
            pass  # the other end is closed
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), seen

    QUESTIONS = (("short name", "l4\n"), ("screens call it", "\n"), ("For patients", "demo\n"), ("Telephone", "4471\n"),
                 ("how many", "2\n"), ("another", "\n"), ("A person as", "m:bedside:snpp=5551234\n"), ("another", "\n"),
                 ("SNPP gateway", "127.0.0.1:444\n"), ("Modbus device", "\n"), ("Rule pack", "example.toml\n"))

    def test_a_terminal_is_asked(self):
        code, seen = self.ask(*self.QUESTIONS)
        self.assertEqual(code, OK, seen)
        text = self.file.read_text()
        for line in ('name = "l4"', 'label = "Ward l4"', 'mode = "demo"', 'place = "Ward l4 Bed 2"', 'name = "site"'):
            self.assertIn(line, text)

    def test_who_leaves_in_the_middle_leaves_nothing(self):
        code, seen = self.ask(*self.QUESTIONS[:5], ("another", "\x04"))
        self.assertEqual(code, FAILED, seen)
        self.assertIn("nothing was written", seen)
        self.assertFalse(self.file.exists())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
