#!/usr/bin/python3
"""The audit trail of a real daemon: what is in it, over a kill, cut, on a disk that does not take it, in a backup; and
the first person of a ward, set up with the code that the daemon shows.

  audit_test.py MAGWATCHD MAGWATCH
"""
import hashlib
import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import unittest

from ward_process import WardTest, on_a_ward, wait_for

MAGWATCH, BINARY = sys.argv.pop(2), sys.argv.pop(1)
PIN, OTHER = "135790", "246813"


class Audited(WardTest):
    binary, beds = BINARY, 2

    def setUp(self):
        super().setUp()
        on_a_ward(self.ward, "")
        self.state = self.ward.directory / "state"
        self.trail = self.state / "audit"
        self.cookie = ""

    # --- what people do ---

    def cli(self, *words, code=0, **more):
        done = subprocess.run([MAGWATCH, *map(str, words)], capture_output=True, text=True, timeout=120, **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def to_daemon(self, *words, **more):
        return self.cli(*words, "--socket", self.ward.directory / "magwatchd.sock", **more)

    def browser(self, path, body=None, origin=None):
        """(status, answer) of a browser at this PC."""
        at = f"http://127.0.0.1:{self.ward.port}"
        head = {"Origin": origin or at, "Sec-Fetch-Site": "same-origin", "Cookie": self.cookie}
        if body is not None:
            head |= {"Content-Type": "application/json", "X-Magwatch-Client": "board"}
        connection = http.client.HTTPConnection("127.0.0.1", self.ward.port, timeout=10)
        try:
            connection.request("GET" if body is None else "POST", "/api/v1/" + path,
                               None if body is None else json.dumps(body), head)
            reply = connection.getresponse()
            if cookie := reply.getheader("Set-Cookie"):
                self.cookie = cookie.partition(";")[0]
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()

    def setup_code(self):
        return json.loads(self.to_daemon("user", "setup-code", "--json"))["code"]

    def set_up(self):
        status, answer = self.browser("setup", {"code": self.setup_code(), "name": "charge-1", "label": "In charge",
                                                "role": "charge", "pin": PIN})
        self.assertEqual(status, 200, answer)

    # --- what an auditor does ---

    def audit(self, *words, code=0):
        return self.cli("audit", *words, "--folder", self.trail, code=code)

    def rows(self):
        lines = self.audit("tail", "-n", 10_000, "--json").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]  # the rest is said of broken ones

    def row(self, action, **wanted):
        """The newest row like this, once it is on the disk."""
        found = []

        def look():
            if self.trail.is_dir() and list(self.trail.glob("*.jsonl")):
                found[:] = [row for row in self.rows() if row["action"] == action and
                            all(row[name] == value for name, value in wanted.items())]
            return bool(found)

        wait_for(f"a row {action} {wanted}", look, 60)
        return found[-1]

    def take_key(self):
        key = self.ward.directory / "kept-elsewhere.key"
        key.write_text(self.cli("audit", "key", "--folder", self.trail).split("magwatch: ")[0])
        self.assertFalse((self.trail / "verify.key").exists())
        return key

    def head(self):
        lines = b"".join(path.read_bytes() for path in sorted(self.trail.glob("*.jsonl"))).splitlines()
        return f"{json.loads(lines[-1])['seq']}:{hashlib.sha256(lines[-1]).hexdigest()}"

    def sequence(self):
        return json.loads(self.audit("tail", "-n", 1, "--json").splitlines()[-1])["seq"]

    def verify(self, *words, code=0):
        return json.loads(self.cli("audit", "verify", "--json", "--folder", self.trail, *words, code=code)
                          .splitlines()[0])

    def test_it_tells_who_did_what_and_who_was_refused(self):
        self.start()
        self.row("daemon.started", station="daemon")
        urine = {"key": "u1", "kind": "urine", "bed": "bed-1", "value": 50, "unit": "mL", "note": "Jane Doe",
                 "since": "2026-01-01T00:00:00Z", "at": "2026-01-01T00:30:00Z"}
        self.assertEqual(self.browser("entries", urine)[0], 403, "nobody is set up")
        self.row("entries", outcome="refused", status=403, actor=None)
        self.set_up()
        self.assertEqual(self.row("setup")["object"], "charge-1")
        self.row("setup_code", station=f"user {os.geteuid()}")
        self.assertEqual(self.browser("session/unlock", {"person": "charge-1", "pin": OTHER})[0], 401)
        self.row("session_unlock", outcome="refused", actor="charge-1")
        self.assertEqual(self.browser("session/unlock", {"person": "charge-1", "pin": PIN})[0], 200)
        self.row("session_unlock", outcome="accepted", proof="pin")
        self.assertEqual(self.browser("watch/start", {"bed": "bed-1"})[0], 200)
        self.row("watch_start", actor="charge-1", proof="session", station="127.0.0.1", object="bed-1")
        self.browser("beds/bed-1")
        self.row("bed", actor="charge-1", object="bed-1", outcome="read")
        self.browser("beds/bed-2/export.csv")
        self.browser("entries", urine, origin="http://evil.example")
        self.row("entries", status=403, actor="charge-1")
        self.to_daemon("user", "add", "midwife-1", "--role", "midwife", input="864209\n")
        self.assertEqual(self.row("people_set", proof="socket")["object"], "midwife-1")
        token = self.cookie.partition("=")[2]
        self.assertGreater(len(token), 32)
        self.browser("session/lock", {})
        self.row("session_lock", actor="charge-1")
        self.ward.process.send_signal(1)
        self.row("configuration.reload", outcome="accepted")
        self.config.write_text(self.config.read_text() + "\n[nonsense]\n")
        self.ward.process.send_signal(1)
        self.row("configuration.reload", outcome="refused")
        text = "".join(path.read_text() for path in self.trail.glob("*.jsonl"))
        for secret in (PIN, OTHER, "864209", "Jane Doe", "argon2", token):
            self.assertNotIn(secret, text)
        key = self.take_key()
        found = self.verify("--key", key)
        self.assertEqual((found["good"], found["checked"]), (True, "signatures"))
        status = self.ward.json("status")["audit"]
        self.assertTrue(status["writing"])
        self.assertIn("magwatch_audit_writing 1", self.ward.get("/metrics")[1].decode())
        self.cli("audit", "key", "--folder", self.trail, code=1)  # it is handed out once
        self.config.write_text(self.config.read_text().replace("\n[nonsense]\n", ""))

    def test_it_goes_on_after_kills_and_every_start_says_so(self):
        self.start()
        self.row("daemon.started")
        self.ward.watch()  # what is taken has a row each; refusals alike are counted in one
        key = self.take_key()
        done = threading.Event()

        def load():
            n = 0
            while not done.is_set():
                try:
                    self.ward.chart(1, kind="rr", value=14 + n % 4, unit="/min", key=f"load-{n}")
                except (OSError, ValueError, http.client.HTTPException):
                    done.wait(0.05)  # it was killed in the middle of an answer, and starts again
                n += 1

        worker = threading.Thread(target=load)
        worker.start()
        try:
            for _ in range(4):
                before = self.sequence()
                wait_for("rows", lambda before=before: self.sequence() > before + 5, 60)
                self.ward.kill()
                self.assertTrue(self.verify("--key", key, "--head", self.head())["good"])
                self.start()
        finally:
            done.set()
            worker.join()
        wait_for("each start in the trail",
                 lambda: sum(row["action"] == "audit.resumed" for row in self.rows()) >= 4, 60)
        # What a power cut leaves: half a row. It stays, and the next start names it.
        self.ward.kill()
        segment = sorted(self.trail.glob("*.jsonl"))[-1]
        with open(segment, "ab") as file:
            file.write(b'{"seq":99,"wall":"20')
        self.assertIn("broken off", self.verify("--key", key, code=1)["wrong"]["why"])
        self.start()
        self.row("audit.torn")
        self.row("daemon.started")
        wait_for("the alarm", lambda: "audit" in {f["fault"] for f in self.ward.json("status")["faults"]}, 60)
        found = self.verify("--key", key)
        self.assertTrue(found["good"])
        self.assertEqual(len(found["notes"]), 1)

    def test_what_is_changed_or_cut_is_seen_and_the_first_bad_row_is_named(self):
        self.start()
        self.ward.must("watch/start", {"bed": "bed-1", "person": "midwife-1"})
        self.row("watch_start")
        key = self.take_key()
        self.ward.process.terminate()
        self.assertEqual(self.ward.process.wait(60), 0)
        self.assertEqual(self.rows()[-1]["action"], "daemon.stopping")
        head, segment = self.head(), sorted(self.trail.glob("*.jsonl"))[-1]
        self.assertTrue(self.verify("--key", key, "--head", head)["good"])
        whole = segment.read_bytes()
        at = next(row["seq"] for row in self.rows() if row["action"] == "watch_start")
        segment.write_bytes(whole.replace(b'"actor":"midwife-1"', b'"actor":"midwife-2"'))
        self.assertEqual(self.verify("--key", key, code=1)["wrong"]["row"], at)
        lines = whole.splitlines(keepends=True)
        segment.write_bytes(b"".join(lines[:-1]))
        self.assertTrue(self.verify("--key", key)["good"], "the head alone tells")
        self.assertEqual(self.verify("--key", key, "--head", head, code=1)["wrong"]["row"], len(lines))
        self.cli("audit", "verify", "--folder", self.trail, "--head", "nonsense", code=2)
        segment.write_bytes(whole)

    def test_a_disk_that_does_not_take_it_is_told_and_stops_nothing(self):
        self.state.mkdir(mode=0o700)
        self.trail.write_text("in the way")
        self.start()
        wait_for("the alarm", lambda: "technical.audit" in {a["rule"] for a in self.ward.json("alarms")["alarms"]}, 60)
        self.assertFalse(self.ward.json("status")["audit"]["writing"])
        self.assertIn("magwatch_audit_writing 0", self.ward.get("/metrics")[1].decode())
        self.ward.must("watch/start", {"bed": "bed-1", "person": "midwife-1"})
        self.trail.unlink()
        self.row("watch_start")  # it waited in memory
        wait_for("the end", lambda: self.ward.json("status")["audit"]["writing"], 60)
        self.assertTrue(self.verify()["good"])

    def test_a_backup_holds_it_and_a_restore_never_shortens_it(self):
        self.start()
        self.row("daemon.started")
        key, out = self.take_key(), self.ward.directory / "backups"
        made = json.loads(self.cli("backup", "--config", self.config, "--output", out, "--json"))
        self.assertTrue(any(part["name"].startswith("audit/") for part in made["parts"]))
        self.assertFalse(any("key" in part["name"] for part in made["parts"]))
        self.row("backup_copy")
        self.ward.process.terminate()
        self.assertEqual(self.ward.process.wait(60), 0)
        head = self.head()
        self.cli("restore", made["file"], "--config", self.config, "--force")
        self.assertEqual(self.head(), head, "what stands there is longer")
        elsewhere = self.ward.directory / "elsewhere"
        self.cli("restore", made["file"], "--to", elsewhere)
        found = json.loads(self.cli("audit", "verify", "--json", "--key", key, "--folder", elsewhere / "audit")
                           .splitlines()[0])
        self.assertTrue(found["good"])
        # On another disk: the key is not in the backup, and the new trail begins where the old one ended.
        shutil.rmtree(self.state)
        shutil.copytree(elsewhere, self.state)
        old = found["head"]
        self.start()
        wait_for("the new trail", lambda: (self.trail / "verify.key").exists() and list(self.trail.glob("*.jsonl")), 60)
        self.row("daemon.restored")
        first = self.rows()[0]
        self.assertEqual(first["body"]["after"]["hash"], old["hash"])
        self.assertTrue(self.verify("--key", self.trail / "verify.key")["good"])

    def test_the_first_person_is_set_up_with_the_code_of_the_log_and_nobody_after(self):
        self.start()
        self.assertTrue(self.ward.json("session")["setup_needed"])
        body = {"name": "charge-1", "label": "In charge", "role": "charge", "pin": PIN}
        wait_for("the code", lambda: "set up the first person" in self.ward.daemon_log(), 30)
        code = re.findall(r"with the code ([0-9A-Z]{5}-[0-9A-Z]{5})", self.ward.daemon_log())
        self.assertEqual(len(code), 1, "logged once")
        self.ward.kill()
        self.start()
        self.assertEqual(self.browser("setup", body | {"code": code[0]})[0], 401, "of an earlier start")
        status, answer = self.browser("setup", body | {"code": self.setup_code()})
        self.assertEqual(status, 200, answer)
        self.assertFalse(self.ward.json("session")["setup_needed"])
        self.to_daemon("user", "setup-code", code=1)
        self.assertEqual(self.browser("session/unlock", {"person": "charge-1", "pin": PIN})[0], 200)
        self.ward.kill()
        self.start()
        self.assertEqual(self.browser("setup", body | {"code": code[0]})[0], 409)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + ["-v"] + sys.argv[1:])
