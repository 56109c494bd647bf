#!/usr/bin/python3
"""What systemd, dpkg and magwatch do together, on a machine that is there for nothing else. Started by run.

  boot_test.py FOLDER_OF_PACKAGES LOG_OF_THE_INSTALLATION
"""
import base64
import json
import os
import pathlib
import re
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import unittest

PACKAGES, INSTALLED = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
HERE = pathlib.Path(__file__).resolve().parent
SHARE = pathlib.Path("/usr/share/magwatch")
CONFIG = pathlib.Path("/etc/magwatch/magwatch.toml")
STATE = pathlib.Path("/var/lib/magwatch")
DROP_INS = pathlib.Path("/etc/systemd/system/magwatchd.service.d")
WORK = pathlib.Path("/run/magwatch-boot")
NAMES = ("PAGE_PORT", "MLLP_PORT", *(f"MODBUS_PORT_{i}" for i in range(5)))


def free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def choose_ports():
    """Free ones in a row: the machine may share its network with the one that it runs on."""
    for base in range(21000, 60000, 17):
        if all(free(base + i) for i in range(len(NAMES))):
            return {name: base + i for i, name in enumerate(NAMES)}
    raise AssertionError("no free ports")


PORTS = choose_ports()


def run(*command, check=True, **more):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, check=False, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def wait_for(what, condition, seconds):
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s\n{words()[-3000:]}")
        time.sleep(0.05)


def shown(name, unit="magwatchd"):
    return run("systemctl", "show", "--value", "-p", name, unit).stdout.strip()


def active():
    return shown("ActiveState") == "active"


def words(since=None):
    """What the journal of the service says."""
    return run("journalctl", "-u", "magwatchd", "-o", "cat", "--no-pager", *(["--since", since] if since else [])).stdout


def now():
    return run("date", "+%Y-%m-%d %H:%M:%S.%6N").stdout.strip()


def magwatch(*command, check=True):
    return run("magwatch", *command, check=check)


def beds():
    return json.loads(magwatch("beds", "--json").stdout)["beds"]


def alarms():
    return {alarm["rule"] for alarm in json.loads(magwatch("alarms", "list", "--json").stdout)["alarms"]}


def answers():
    return active() and magwatch("status", "--json", check=False).returncode == 0


def exposure(unit):
    """Overall, of 10: a word behind it (PERFECT, OK, ...) says how good that is."""
    last = run("systemd-analyze", "security", "--no-pager", unit).stdout.splitlines()[-1]
    return float(re.search(r"exposure level for \S+: ([0-9.]+)", last).group(1))


def pages():
    log = WORK / "pages.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def service(name, *command):
    run("systemd-run", f"--unit={name}", "--collect", "--property=Restart=no", *command)


class Boot(unittest.TestCase):
    """The tests run in the order of their names: one service through its life."""

    def restarts(self):
        return int(shown("NRestarts"))

    def starts_again(self, act, seconds):
        before, pid, since = self.restarts(), int(shown("MainPID")), now()
        self.assertGreater(pid, 1)
        act(pid)
        wait_for("another start", lambda: self.restarts() > before and answers(), seconds)
        self.assertNotEqual(int(shown("MainPID")), pid)
        return words(since)

    def test_01_it_is_installed_started_and_watches_nobody(self):
        self.assertIn("watches NOBODY", INSTALLED.read_text())
        wait_for("the service", answers, 30)
        self.assertEqual(run("systemctl", "is-enabled", "magwatchd").stdout.strip(), "enabled")
        self.assertIn("Watching nobody", shown("StatusText"))
        self.assertEqual(run("stat", "-c", "%U %a", STATE).stdout.strip(), "magwatch 700")
        self.assertEqual(run("stat", "-c", "%U %a", "/etc/magwatch/secrets").stdout.strip(), "root 700")
        self.assertLessEqual(exposure("magwatchd"), 1.5)

    def test_02_the_demo_ward_runs_as_services(self):
        WORK.mkdir()
        secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        for name in ("webhook", "answer"):
            path = pathlib.Path("/etc/magwatch/secrets") / name
            path.write_text(secret)
            path.chmod(0o600)
        DROP_INS.mkdir(exist_ok=True)
        (DROP_INS / "secrets.conf").write_text("[Service]\nLoadCredential=webhook:/etc/magwatch/secrets/webhook\n"
                                               "LoadCredential=answer:/etc/magwatch/secrets/answer\n")
        text = (SHARE / "demo/magwatch.toml.in").read_text()
        places = {"PACKS": SHARE / "packs", "PROTOCOLS": SHARE / "protocol", "MAPS": SHARE / "maps", "HTTP_PORT": 8300}
        for name, value in {**PORTS, **places}.items():
            text = text.replace(f"@{name}@", str(value))
        text = text.replace("file:@RUN@/webhook-secret", "credential:webhook")
        text = text.replace("file:@RUN@/answer-secret", "credential:answer")
        text = text.replace("@RUN@/state", str(STATE)).replace("@RUN@/magwatchd.sock", "/run/magwatch/magwatchd.sock")
        self.assertNotIn("@RUN@", text)
        CONFIG.write_text(text)
        service("ward-pages", "/usr/bin/python3", SHARE / "demo/page_receiver.py", "--port", PORTS["PAGE_PORT"],
                "--key-file", "/etc/magwatch/secrets/webhook", "--log", WORK / "pages.jsonl", "--simulation", "--json")
        service("ward-simulator", "/usr/libexec/magwatch/magwatch-simulator", "--scenario", SHARE / "demo/scenario.toml",
                "--modbus-base-port", PORTS["MODBUS_PORT_0"], "--mllp", f"127.0.0.1:{PORTS['MLLP_PORT']}", "--json")
        run("systemctl", "daemon-reload")
        run("systemctl", "restart", "magwatchd")
        wait_for("six beds", lambda: answers() and len(beds()) == 6, 60)
        for bed in range(1, 7):
            magwatch("watch", "start", f"bed-{bed}", "--person", "engineer", "--calcium", "yes", "--hammer", "yes",
                     "--oxygen", "yes")
        wait_for("values of every device", lambda: "Watching 6 of 6 beds" in shown("StatusText")
                 and "0 devices silent" in shown("StatusText"), 120)

    def test_03_its_pages_arrive_with_a_secret_that_systemd_brought(self):
        before = len(pages())
        sent = magwatch("page", "test", "--to", "midwife", "--person", "engineer")
        self.assertIn("accepted", sent.stdout + sent.stderr)
        self.assertTrue(wait_for("the page", lambda: pages()[before:], 30))
        self.assertNotIn("whsec_", words())

    def doctor(self):
        """The exit code of the installed doctor, {check: what it found} of what is wrong, and all that it said."""
        done = magwatch("doctor", "--json", check=False)
        report = json.loads(done.stdout)
        wrong = {check["check"]: check["found"] for check in report["checks"] if check["verdict"] == "wrong"}
        for check in report["checks"]:
            self.assertEqual(check["advice"] is None, check["verdict"] == "ok", check)
        return done.returncode, wrong, report["checks"]

    def test_04_the_doctor_finds_nothing_wrong_with_it_and_finds_what_is(self):
        code, wrong, checks = wait_for("a healthy ward", lambda: (seen := self.doctor())[0] == 0 and seen, 60)
        self.assertEqual(wrong, {})
        verdicts = {check["check"]: check["verdict"] for check in checks}
        for check in ("daemon", "loop", "watched", "in force", "file", "enabled", "running", "watchdog", "sandbox", "directory",
                      "journal.db", "credential webhook", "channels", "programs", "running version", "nightly backup"):
            self.assertEqual(verdicts.get(check), "ok", (check, checks))
        self.assertNotIn("unknown", verdicts.values(), checks)

        secret = pathlib.Path("/etc/magwatch/secrets/webhook")
        secret.chmod(0o644)
        self.assertEqual((self.doctor()[0], list(self.doctor()[1])), (1, ["credential webhook"]))
        secret.chmod(0o600)
        run("chown", "root:root", STATE)
        code, wrong, _ = self.doctor()
        run("chown", "magwatch:magwatch", STATE)
        self.assertEqual((code, list(wrong)), (1, ["directory"]))
        self.assertIn("belongs to root, and magwatchd runs as magwatch", wrong["directory"])
        good = CONFIG.read_text()
        CONFIG.write_text(good + "\n[nonsense]\nkey = 1\n")
        code, wrong, _ = self.doctor()
        CONFIG.write_text(good)
        self.assertEqual((code, list(wrong)), (1, ["file"]))
        self.assertIn("nonsense", wrong["file"])
        run("systemctl", "stop", "magwatchd")
        code, wrong, _ = self.doctor()
        run("systemctl", "start", "magwatchd")
        self.assertEqual((code, sorted(wrong)), (1, ["daemon", "running"]))
        self.assertIn("NOBODY WATCHES", wrong["daemon"])
        wait_for("a healthy ward again", lambda: answers() and self.doctor()[0] == 0, 120)

    def test_05_the_sandbox_refuses_what_is_forbidden(self):
        unit = pathlib.Path("/usr/lib/systemd/system/magwatchd.service").read_text()
        python = os.path.realpath("/usr/bin/python3")
        unit = re.sub(r"(?m)^ExecStart=.*", f"ExecStart={python} -B {HERE / 'forbidden.py'}", unit)
        unit = re.sub(r"(?m)^(ExecReload|Restart|RestartSec|WatchdogSec|RestartPreventExitStatus)=.*\n", "", unit)
        unit = unit.replace("Type=notify", "Type=oneshot").replace("StateDirectory=magwatch", "StateDirectory=forbidden")
        unit = unit.replace("RuntimeDirectory=magwatch", "RuntimeDirectory=forbidden")
        # Only so much more: the Python that tries.
        unit = re.sub("(?m)^ExecPaths=", f"ExecPaths={python} ", unit)
        unit = unit.replace("UMask=0077", "UMask=0077\nLoadCredential=webhook:/etc/magwatch/secrets/webhook\n"
                            "StandardOutput=journal\nLimitCORE=0")
        pathlib.Path("/run/systemd/system/forbidden.service").write_text(unit)
        run("systemctl", "daemon-reload")
        done = run("systemctl", "start", "forbidden", check=False)
        wait_for("its words", lambda: run("journalctl", "--sync") and True, 5)
        told = run("journalctl", "-u", "forbidden", "-o", "cat", "--no-pager").stdout
        self.assertEqual(done.returncode, 0, told)
        lines = [line for line in told.splitlines() if re.match("may|CANNOT|ALLOWED|refused", line)]
        if not self.anybody_may_ask_for_the_clock():
            told = told.replace("CANNOT ask whether the clock is kept", "may ask whether the clock is kept")
            lines = [line.replace("CANNOT ask", "may ask") for line in lines]
        self.assertEqual([line for line in lines if not re.match("may|refused", line)], [], told)
        self.assertGreater(len([line for line in lines if line.startswith("refused")]), 20, told)
        self.assertEqual(len([line for line in lines if line.startswith("may")]), 6, told)

    def anybody_may_ask_for_the_clock(self):
        """A container's manager may forbid adjtimex to all of it: then it is not our sandbox that does."""
        asks = ("import ctypes, sys; "
                "sys.exit(ctypes.CDLL(None).syscall(159, ctypes.create_string_buffer(256)) < 0)")
        return run("systemd-run", "--wait", "--quiet", "/usr/bin/python3", "-c", asks, check=False).returncode == 0

    def test_06_killed_it_is_back_within_seconds_with_every_watch(self):
        began = time.monotonic()
        told = self.starts_again(lambda pid: os.kill(pid, signal.SIGKILL), 30)
        self.assertLess(time.monotonic() - began, 10)
        self.assertIn("the ward is as it was", told)
        self.assertIn("Main process exited, code=killed, status=9/KILL", told)
        self.assertEqual(len([bed for bed in beds() if bed["watched"]]), 6)

    def test_07_hung_it_is_ended_by_the_watchdog_and_back(self):
        told = self.starts_again(lambda pid: os.kill(pid, signal.SIGSTOP), 60)
        self.assertIn("Watchdog timeout (limit 10s)", told)
        self.assertIn("the ward is as it was", told)
        self.assertEqual(len([bed for bed in beds() if bed["watched"]]), 6)

    def test_08_a_wrong_configuration_is_refused_at_the_reload_and_the_old_one_runs_on(self):
        good, since, pid = CONFIG.read_text(), now(), shown("MainPID")
        CONFIG.write_text(good + "\n[nonsense]\nkey = 1\n")
        refused = run("systemctl", "reload", "magwatchd", check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertRegex(words(since), r"magwatch\.toml:\d+:\d+: .*nonsense")
        self.assertTrue(active())
        self.assertEqual(shown("MainPID"), pid)
        CONFIG.write_text(good)
        run("systemctl", "reload", "magwatchd")
        self.assertEqual(shown("MainPID"), pid)

    def test_09_a_cold_start_with_it_runs_the_last_good_one_and_never_loops(self):
        good, before = CONFIG.read_text(), self.restarts()
        CONFIG.write_text("[ward\n")
        run("systemctl", "restart", "magwatchd")
        wait_for("the fallback", lambda: answers() and "technical.fallback" in alarms(), 60)
        self.assertEqual(len([bed for bed in beds() if bed["watched"]]), 6)
        self.assertIn("the new configuration was refused; the last good one runs", words())
        self.assertLessEqual(self.restarts(), before)
        CONFIG.write_text(good)
        run("systemctl", "reload", "magwatchd")
        wait_for("the end of the fallback", lambda: "technical.fallback" not in alarms(), 60)

    def test_10_stopped_it_says_so_and_stays_so(self):
        since = now()
        run("systemctl", "stop", "magwatchd")
        self.assertIn("stopping: nobody watches", words(since))
        self.assertEqual(shown("ActiveState"), "inactive")
        self.assertEqual(shown("Result"), "success")
        run("systemctl", "start", "magwatchd")
        wait_for("the service", answers, 30)

    def test_11_serial_lines_open_by_a_drop_in_alone(self):
        (DROP_INS / "serial.conf").write_text((SHARE / "systemd/serial.conf").read_text())
        run("systemctl", "daemon-reload")
        run("systemctl", "restart", "magwatchd")
        wait_for("the service", answers, 30)
        groups = run("grep", "^Groups:", f"/proc/{shown('MainPID')}/status").stdout.split()
        self.assertIn(run("getent", "group", "dialout").stdout.split(":")[2], groups)
        self.assertLessEqual(exposure("magwatchd"), 2.0)
        (DROP_INS / "serial.conf").unlink()
        run("systemctl", "daemon-reload")
        run("systemctl", "restart", "magwatchd")
        wait_for("the service", answers, 30)

    def test_12_an_update_takes_over_from_the_journal(self):
        pid, text, since = shown("MainPID"), CONFIG.read_text(), now()
        run("dpkg", "-i", next(PACKAGES.glob("magwatch_*.deb")))
        wait_for("the new program", lambda: answers() and shown("MainPID") != pid, 60)
        self.assertEqual(CONFIG.read_text(), text)
        self.assertEqual(len([bed for bed in beds() if bed["watched"]]), 6)
        self.assertIn("the ward is as it was", words(since))

    def test_13_backups_are_made_by_the_timers_service_and_come_back(self):
        self.assertEqual(run("systemctl", "is-enabled", "magwatch-backup.timer").stdout.strip(), "enabled")
        self.assertEqual(run("systemctl", "is-active", "magwatch-backup.timer").stdout.strip(), "active")
        self.assertIn("magwatch-backup.service", run("systemctl", "list-timers", "magwatch-backup.timer").stdout)
        folder = pathlib.Path("/var/backups/magwatch")
        self.assertEqual(run("stat", "-c", "%U %a", folder).stdout.strip(), "magwatch 700")
        run("systemctl", "start", "magwatch-backup.service")
        made = sorted(folder.glob("magwatch-*.backup"))
        self.assertEqual(len(made), 1, list(folder.iterdir()))
        self.assertEqual(run("stat", "-c", "%U %a", made[0]).stdout.strip(), "magwatch 600")
        run("magwatch", "backup", "verify", made[0])
        self.assertLessEqual(exposure("magwatch-backup"), 1.5)
        run("systemctl", "stop", "magwatchd")
        run("magwatch", "restore", "--force", made[0])
        self.assertEqual(run("stat", "-c", "%U %a", STATE / "journal.db").stdout.strip(), "magwatch 600")
        run("systemctl", "start", "magwatchd")
        wait_for("the restored ward", lambda: answers() and len([bed for bed in beds() if bed["watched"]]) == 6, 60)
        self.assertIn("Records restored from a backup", run("magwatch", "alarms", "list").stdout)

    def test_14_a_downgrade_is_refused_and_a_newer_journal_starts_no_loop(self):
        run("systemctl", "stop", "magwatchd")
        journal = STATE / "journal.db"
        database = sqlite3.connect(journal)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute("PRAGMA user_version=70000")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        refused = run("dpkg", "-i", next(PACKAGES.glob("magwatch_*.deb")), check=False)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("DOWNGRADE", refused.stderr)
        self.assertIn("install ok installed", run("dpkg-query", "-W", "-f=${Status}", "magwatch").stdout)
        since = now()
        run("systemctl", "start", "magwatchd", check=False)
        wait_for("the refusal", lambda: shown("ActiveState") == "failed", 30)
        self.assertEqual(shown("ExecMainStatus"), "78")
        self.assertIn("it was made by a newer one", words(since))
        time.sleep(3)  # longer than RestartSec: nothing may start it
        self.assertEqual((shown("ActiveState"), self.restarts()), ("failed", 0))
        database = sqlite3.connect(journal)
        database.execute(f"PRAGMA user_version={version}")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        run("chown", "magwatch:magwatch", *STATE.glob("journal.db*"))
        run("systemctl", "start", "magwatchd")
        wait_for("the service", answers, 30)

    def test_15_a_removal_and_a_purge_keep_the_journal(self):
        run("apt-get", "remove", "-y", "-qq", "magwatch")
        self.assertEqual(shown("ActiveState"), "inactive")
        self.assertTrue(CONFIG.exists())
        self.assertTrue((STATE / "journal.db").exists())
        run("dpkg", "-i", next(PACKAGES.glob("magwatch_*.deb")))
        wait_for("the ward as it was", lambda: answers() and len([b for b in beds() if b["watched"]]) == 6, 60)
        purged = run("apt-get", "purge", "-y", "-qq", "magwatch")
        self.assertIn("is kept", purged.stdout)
        self.assertFalse(CONFIG.exists())
        self.assertTrue((STATE / "journal.db").exists())
        self.assertTrue(pathlib.Path("/etc/magwatch/secrets/webhook").exists())

    def test_16_the_dead_man_is_a_package_of_its_own_and_reloads(self):
        run("apt-get", "install", "-y", "-qq", next(PACKAGES.glob("magwatch-deadman_*.deb")))
        self.assertEqual(run("magwatch-deadman", "--version").returncode, 0)
        pathlib.Path("/etc/magwatch/deadman.toml").write_text("[listen\n")
        run("systemctl", "start", "magwatch-deadman", check=False)
        wait_for("the refusal", lambda: shown("ActiveState", "magwatch-deadman") == "failed", 30)
        self.assertEqual(shown("ExecMainStatus", "magwatch-deadman"), "78")
        drop_in = pathlib.Path("/etc/systemd/system/magwatch-deadman.service.d")
        drop_in.mkdir()
        (drop_in / "secrets.conf").write_text("[Service]\nLoadCredential=ward:/etc/magwatch/secrets/webhook\n")
        pathlib.Path("/etc/magwatch/deadman.toml").write_text(f'''
state = "/var/lib/magwatch-deadman"
[listen]
address = "127.0.0.1:{PORTS["MLLP_PORT"]}"
[[ward]]
name = "labour"
label = "Labour ward"
secret = "credential:ward"
[[webhook]]
name = "hook"
url = "http://127.0.0.1:{PORTS["PAGE_PORT"]}/page"
secret = "credential:ward"
''')
        run("systemctl", "daemon-reload")
        run("systemctl", "restart", "magwatch-deadman")
        run("systemctl", "reload", "magwatch-deadman")
        wait_for("the reload", lambda: "The new configuration is in force: 1 wards" in run(
            "journalctl", "-u", "magwatch-deadman", "-o", "cat", "--no-pager").stdout, 30)
        self.assertEqual(shown("ActiveState", "magwatch-deadman"), "active")
        run("apt-get", "purge", "-y", "-qq", "magwatch-deadman")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2, failfast=True)
