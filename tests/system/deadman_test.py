#!/usr/bin/python3
"""The outside watch with real processes: magwatchd, magwatch-deadman and a receiver of its pages.

  deadman_test.py MAGWATCHD MAGWATCH_DEADMAN
"""
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import unittest

from receivers import Listener, Peer
from surroundings import Namespaces
from ward_process import WardTest, free_port, wait_for

DEADMAN = os.path.abspath(sys.argv.pop(2))
BINARY = sys.argv.pop(1)


def sign(key, identity, stamp, body):
    content = f"{identity}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


class Pages(Listener):
    """Takes the dead-man's pages; a wrong signature is kept apart."""

    def __init__(self, key, certificate=None):
        self.key, self.forged = key, []
        super().__init__(certificate)

    def take(self, headers, body):
        good = headers["webhook-signature"] == sign(self.key, headers["webhook-id"], headers["webhook-timestamp"], body)
        if not good:
            self.forged.append(json.loads(body))
        return json.loads(body) if good else None

    def kinds(self, fault="silent"):
        return [page["kind"] for page in self.heard if page["fault"] == fault]


class Outside(WardTest):
    binary, every = BINARY, 1
    prefix = ()  # a program that runs the dead-man

    def setUp(self):
        super().setUp()
        self.folder = self.ward.directory
        self.key = secrets.token_bytes(32)
        self.page_key = secrets.token_bytes(32)
        self.secret("beat.key", "whsec_" + base64.b64encode(self.key).decode())
        self.secret("pages.key", "whsec_" + base64.b64encode(self.page_key).decode())
        self.hook = Pages(self.page_key)
        self.addCleanup(self.hook.close)
        (self.folder / "outside").mkdir()
        self.port = free_port()
        self.deadman = None
        self.addCleanup(self.end_deadman)

    def secret(self, name, value):
        path = self.folder / name
        path.write_text(value)
        path.chmod(0o600)

    def certificate(self, name):
        """A certificate that is its own authority, and its key."""
        made = [self.folder / f"{name}.crt", self.folder / f"{name}.key"]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=magwatch test", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", made[1], "-out", made[0]], check=True, capture_output=True)
        for path in made:
            path.chmod(0o600)
        return [str(path) for path in made]

    def configure(self, listen="", scheme="http"):
        (self.folder / "deadman.toml").write_text(f'''
state = "{self.folder}/outside"
repeat = "2 s"
[listen]
address = "127.0.0.1:{self.port}"
{listen}
[[ward]]
name = "l4"
label = "Ward L4"
secret = "file:{self.folder}/beat.key"
every = "{self.every} s"
simulation = true
[[webhook]]
name = "hook"
url = "http://127.0.0.1:{self.hook.server_port}/page"
secret = "file:{self.folder}/pages.key"
''')
        config = self.folder / "magwatch.toml"
        config.write_text(config.read_text() + f'''
[[heartbeat]]
name = "outside"
kind = "webhook"
url = "{scheme}://127.0.0.1:{self.port}/heartbeat"
every = "1 s"
secret = "file:{self.folder}/beat.key"
''')

    def start_deadman(self):
        with open(self.folder / "deadman.log", "ab") as log:
            self.deadman = subprocess.Popen([*self.prefix, DEADMAN, "--config", str(self.folder / "deadman.toml")],
                                            stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.deadman.stdout.readline()
        self.assertTrue(line.startswith("READY"), self.log())

    def end_deadman(self, with_signal=signal.SIGTERM):
        if self.deadman is None:
            return
        self.deadman.send_signal(with_signal)
        status = self.deadman.wait(30)
        self.deadman.stdout.close()
        self.deadman = None
        if with_signal == signal.SIGTERM:
            self.assertEqual(status, 0, self.log())

    def log(self):
        return (self.folder / "deadman.log").read_text(errors="replace")

    def state(self):
        return json.loads((self.folder / "outside/deadman.json").read_text())["wards"]["l4"]

    def send(self, key, body, stamp=None, identity="heartbeat-1-1", path="/heartbeat", method="POST"):
        """The status of a heartbeat that somebody else sends."""
        body = json.dumps(body).encode() if not isinstance(body, bytes) else body
        stamp = str(int(time.time()) if stamp is None else stamp)
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            client.request(method, path, body, {"webhook-id": identity, "webhook-timestamp": stamp,
                                                "webhook-signature": sign(key, identity, stamp, body)})
            return client.getresponse().status
        finally:
            client.close()

    @staticmethod
    def body(**changes):
        body = {"type": "magwatch.heartbeat", "ward": "l4", "incarnation": 1, "sequence": 1, "every_seconds": 1.0,
                "beds_watched": 1, "planned_ends": 0, "oldest_data_seconds": None, "config": "", "pack": "",
                "simulation": True, "at": ""}
        return {**body, **changes}


class Silence(Outside):
    # The daemon beats every second; the dead-man expects it every two, so that a busy machine rings no false alarm.
    every = 2

    def test_a_killed_daemon_rings_and_its_return_is_told(self):
        self.configure()
        self.start()
        self.ward.watch()
        self.start_deadman()
        wait_for("ten heartbeats", lambda: self.state()["sequence"] >= 10, 120)
        self.assertEqual(self.hook.heard, [], "a ward that is well is quiet")

        self.ward.kill()
        killed = time.monotonic()
        wait_for("the alarm", lambda: self.hook.kinds()[:1] == ["alarm"], 60)
        self.assertGreater(time.monotonic() - killed, 4, "three misses of 2 s, the last beat up to a second ago")
        text = self.hook.heard[0]["text"]
        # As long as it was: on a busy machine a little more than three misses.
        told = re.match(r"MAG DEADMAN Ward L4 \d\d:\d\d\. No heartbeat for (\d+) s: magwatch may be dead\. ", text)
        self.assertIsNotNone(told, text)
        self.assertGreaterEqual(int(told.group(1)), 6)
        self.assertLessEqual(len(text), 160)
        wait_for("two repetitions", lambda: self.hook.kinds().count("repeat") >= 2, 60)

        # The dead-man's own death forgets nothing.
        self.end_deadman(signal.SIGKILL)
        self.start_deadman()
        before = len(self.hook.heard)
        wait_for("it rings on", lambda: len(self.hook.heard) > before, 60)
        self.assertEqual(set(self.hook.kinds()[1:]), {"repeat"})

        self.start()
        wait_for("it is back", lambda: "back" in self.hook.kinds(), 60)
        self.assertRegex(self.hook.heard[-1]["text"], r"Heartbeat is back, away for \d+ s\.")
        self.assertEqual(self.hook.kinds("beds"), [], "the watched bed came back with it")
        self.assertEqual(self.hook.forged, [])

    def test_it_keeps_the_head_of_the_audit_trail_and_what_it_was_before_it_went_back(self):
        self.configure()
        self.start()
        self.ward.watch()
        trail = self.ward.directory / "state/audit"

        def rows():
            lines = b"".join(path.read_bytes() for path in sorted(trail.glob("*.jsonl"))).splitlines()
            return {json.loads(line)["seq"]: hashlib.sha256(line).hexdigest() for line in lines}

        wait_for("rows", lambda: trail.is_dir() and len(rows()) >= 3, 60)
        newest = max(rows())
        self.start_deadman()
        wait_for("the head", lambda: self.state().get("audit", {}).get("sequence", 0) >= newest, 120)
        head = self.state()["audit"]
        self.assertEqual(rows()[head["sequence"]], head["hash"])

        self.ward.kill()
        shutil.rmtree(trail)
        self.start()
        wait_for("it went back", lambda: "audit_before" in self.state(), 120)
        self.assertGreaterEqual(self.state()["audit_before"]["sequence"], head["sequence"])
        wait_for("it is logged", lambda: "The audit trail of l4 went back" in self.log(), 60)

    def test_over_tls(self):
        self.certificate("tls")
        self.configure(f'certificate = "file:{self.folder}/tls.crt"\nkey = "file:{self.folder}/tls.key"\n', "https")
        self.start_deadman()
        trust = ssl.create_default_context(cafile=str(self.folder / "tls.crt"))
        client = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=trust)
        body, stamp = json.dumps(self.body()).encode(), str(int(time.time()))
        client.request("POST", "/heartbeat", body, {"webhook-id": "a", "webhook-timestamp": stamp,
                                                    "webhook-signature": sign(self.key, "a", stamp, body)})
        self.assertEqual(client.getresponse().status, 204)
        client.close()


    def test_a_stop_on_purpose_is_told_as_such_and_rings_when_it_is_overdue(self):
        self.configure()
        self.start()
        self.ward.watch()
        self.start_deadman()
        wait_for("a heartbeat", lambda: self.state()["sequence"] >= 1, 60)
        self.ward.process.terminate()
        self.assertEqual(self.ward.process.wait(60), 0)
        wait_for("told before it had ended", lambda: self.state().get("stop", [""])[0] == "a signal", 10)
        wait_for("what somebody wanted", lambda: self.hook.kinds()[:1] == ["planned"], 60)
        self.assertRegex(self.hook.heard[0]["text"],
                         r"^MAG DEADMAN Ward L4 \d\d:\d\d\. Stopped on purpose by a signal, back by \d\d:\d\d\. ")

        # Signed with the ward's secret, as another that is to be back in 20 s: it is told after 6 s, and rings then.
        soon = {"by": "systemd", "back_in_seconds": 20}
        self.assertEqual(self.send(self.key, self.body(incarnation=999, stopping={"by": "x" * 21})), 422)
        self.assertEqual(self.send(self.key, self.body(incarnation=999, stopping=soon)), 204)
        wait_for("overdue", lambda: self.hook.kinds()[1:4] == ["back", "planned", "alarm"], 60)
        self.assertIn("Stopped on purpose by systemd, not back by ", self.hook.heard[3]["text"])
        wait_for("and on", lambda: self.hook.kinds()[4:5] == ["repeat"], 60)


class Wire(Outside):
    """Its own ways to people, with a site's own authority."""
    mail = ["ward@hospital.example", "on-call@hospital.example"]

    def reach_by_mail(self, port, authority):
        self.configure()
        self.secret("mail.key", "open sesame")
        path = self.folder / "deadman.toml"
        path.write_text(path.read_text() + f'''
[[mail]]
name = "mail"
host = "127.0.0.1"
port = {port}
from = "{self.mail[0]}"
to = ["gone@hospital.example", "{self.mail[1]}"]
user = "ward"
password = "file:{self.folder}/mail.key"
ca_file = "{authority}"
''')

    def peer(self, *arguments):
        peer = Peer("smtp_peer.py", *arguments, "--login", "ward", "open sesame", "--refuse", "gone@hospital.example")
        self.addCleanup(peer.close)
        return peer

    def test_mail_goes_over_starttls_with_a_login_and_past_an_address_that_is_gone(self):
        certificate = self.certificate("mail")
        peer = self.peer("--tls", *certificate)
        self.reach_by_mail(peer.port, certificate[0])
        self.start_deadman()
        mail = peer.next("headers")
        self.assertTrue(mail["tls"] and mail["login"], mail)
        self.assertEqual((mail["from"], mail["to"], mail["ehlo"]), (self.mail[0], self.mail[1:], "hospital.example"))
        self.assertRegex(mail["headers"]["subject"], r"^MAG DEADMAN Ward L4 \d\d:\d\d$")
        self.assertRegex(mail["headers"]["message-id"], r"^<deadman-\d+-1@magwatch-deadman>$")
        self.assertRegex(mail["body"], r"No heartbeat since start, for ([3-9]|\d\d) s: magwatch may be dead\.")

    def test_a_server_that_is_not_trusted_or_not_encrypted_is_told_nothing(self):
        for options in [["--tls", *self.certificate("mail")], []]:
            peer = self.peer(*options)
            self.reach_by_mail(peer.port, self.certificate("other")[0])
            self.start_deadman()
            wait_for("it fails", lambda: self.log().count("deadman.send_failed") >= 2, 60)
            self.assertTrue(peer.reports.empty())
            wait_for("the other channel", lambda: "alarm" in self.hook.kinds(), 60)
            self.end_deadman()
            (self.folder / "outside/deadman.json").unlink()
            (self.folder / "deadman.log").unlink()
            self.hook.heard.clear()

    def test_a_webhook_over_tls_is_trusted_by_the_sites_own_authority_alone(self):
        certificate, other = self.certificate("hook"), self.certificate("other")
        secure = Pages(self.page_key, certificate)
        self.addCleanup(secure.close)
        self.configure()
        path = self.folder / "deadman.toml"
        first = path.read_text()
        for name, authority in (("wrong", other[0]), ("right", certificate[0])):
            first += f'''
[[webhook]]
name = "{name}"
url = "https://127.0.0.1:{secure.server_port}/{name}"
secret = "file:{self.folder}/pages.key"
ca_file = "{authority}"
'''
        path.write_text(first)
        self.start_deadman()
        wait_for("the page", lambda: secure.heard, 60)
        wait_for("the other fails", lambda: "deadman.send_failed" in self.log(), 60)
        self.assertEqual(secure.heard[0]["kind"], "alarm")
        self.assertNotIn("CHANNEL=right", [line for line in self.log().splitlines() if "send_failed" in line][0])
        self.assertEqual(secure.forged, [])


class Reload(Outside):
    def test_a_bad_file_changes_nothing_and_a_good_one_takes_over(self):
        self.configure()
        self.start_deadman()
        wait_for("the alarm", lambda: self.hook.kinds()[:1] == ["alarm"], 60)
        path = self.folder / "deadman.toml"
        good = path.read_text()

        def reload(text, said):
            path.write_text(text)
            before = self.log().count(said)
            self.deadman.send_signal(signal.SIGHUP)
            wait_for(said, lambda: self.log().count(said) > before, 60)

        reload(good.replace('label = "Ward L4"', 'label = "Ward {4}"'), "plain letters")
        reload(good.replace(f":{self.port}", f":{free_port()}"), "[listen] address takes a restart")
        heard = len(self.hook.heard)
        wait_for("it rings on as before", lambda: len(self.hook.heard) > heard, 60)
        self.assertIn("Ward L4", self.hook.heard[-1]["text"])
        self.assertEqual(self.send(self.key, self.body(beds_watched=-1)), 422, "and listens")

        other = Pages(self.page_key)
        self.addCleanup(other.close)
        reload(good.replace("Ward L4", "Ward L5").replace(f":{self.hook.server_port}/", f":{other.server_port}/"),
               "new configuration is in force")
        wait_for("the new channel", lambda: other.heard, 60)
        self.assertIn("Ward L5", other.heard[0]["text"])
        self.assertEqual(other.heard[0]["kind"], "repeat", "what was told is not forgotten")
        self.assertEqual(self.send(self.key, self.body()), 204)
        wait_for("back", lambda: "back" in other.kinds(), 60)


class Forged(Outside):
    every = 3

    def test_only_the_wards_own_new_heartbeats_count(self):
        self.configure()
        self.start_deadman()
        now = int(time.time())
        self.assertEqual(self.send(secrets.token_bytes(32), self.body()), 401, "another's secret")
        self.assertEqual(self.send(self.key, self.body(), stamp=now - 400), 401, "recorded long ago")
        self.assertEqual(self.send(self.key, self.body(), stamp=now + 400), 401, "from the future")
        self.assertEqual(self.send(self.key, self.body(ward="l5")), 422, "another ward's")
        self.assertEqual(self.send(self.key, self.body(beds_watched=-1)), 422)
        self.assertEqual(self.send(self.key, b"[" * 60000), 422)
        self.assertEqual(self.send(self.key, self.body(), path="/other"), 404)
        self.assertEqual(self.send(self.key, b"", method="GET"), 405)
        self.assertFalse(self.state()["ever_heard"], "none of these is a sign of life")
        wait_for("never heard", lambda: self.hook.kinds()[:1] == ["alarm"], 60)
        self.assertRegex(self.hook.heard[0]["text"], r"No heartbeat since start, for (9|\d\d) s")

        self.assertEqual(self.send(self.key, self.body()), 204)
        self.assertEqual(self.send(self.key, self.body()), 409, "replayed")
        wait_for("back", lambda: "back" in self.hook.kinds(), 30)
        self.assertEqual(self.send(self.key, self.body(sequence=2, beds_watched=0)), 204)
        wait_for("a bed is gone", lambda: self.hook.kinds("beds")[:1] == ["alarm"], 30)
        self.assertEqual(self.send(self.key, self.body(sequence=3, beds_watched=0, planned_ends=1)), 204)
        wait_for("a person ended it", lambda: "back" in self.hook.kinds("beds"), 30)

    def test_who_is_slow_or_greedy_keeps_no_heartbeat_away(self):
        self.configure()
        self.start_deadman()

        def until_closed(data):
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as wire:
                got = b""
                try:
                    wire.sendall(data)
                    while part := wire.recv(4096):
                        got += part
                except (ConnectionResetError, BrokenPipeError):
                    pass
                return got

        head = b"POST /heartbeat HTTP/1.1\r\nHost: x\r\n"
        self.assertIn(b" 431 ", until_closed(head + b"X-A: " + b"a" * 9000))
        self.assertIn(b" 413 ", until_closed(head + b"Content-Length: 70000\r\n\r\n"))
        self.assertIn(b" 400 ", until_closed(b"what is this?\r\n\r\n"))
        crowd = [socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(f"127.0.0.{host}", 0))
                 for host in range(2, 6) for _ in range(12)]
        try:
            self.assertEqual(self.send(self.key, self.body()), 204, "beside a crowd that says nothing")
            for wire in crowd:  # each is closed, without a word
                try:
                    self.assertEqual(wire.recv(1), b"")
                except ConnectionResetError:
                    pass
        finally:
            for wire in crowd:
                wire.close()


class OwnDisk(Outside):
    """A disk of its own that takes nothing, or does not answer: it starts, listens and rings all the same."""

    def disk_is_told(self):
        return [page for page in self.hook.heard if page["fault"] == "disk"]

    def test_on_a_full_disk_it_rings_and_tells_of_it(self):
        disk = self.folder / "outside"
        own = Namespaces(self.ward, ["--mount"], f"mount -t tmpfs -o size=64k,mode=700 none {disk}")
        self.addCleanup(own.release)
        self.prefix, self.ward.prefix = self.ward.prefix, []
        disk = pathlib.Path(f"/proc/{own.inside}/root{disk}")
        with open(disk / "filler", "wb", buffering=0) as file:
            with self.assertRaises(OSError):
                while True:
                    file.write(bytes(4096))
        self.configure()
        self.start_deadman()
        wait_for("the alarm", lambda: self.hook.kinds()[:1] == ["alarm"], 60)
        self.assertEqual(self.send(self.key, self.body()), 204, "and listens")
        told = wait_for("its disk is told", self.disk_is_told, 60)
        self.assertEqual((told[0]["kind"], told[0]["ward"]), ("alarm", ""))
        self.assertRegex(told[0]["text"], r"^MAG DEADMAN \d\d:\d\d\. The dead-man's own disk fails: it watches on, ")

        (disk / "filler").unlink()
        wait_for("and its return", lambda: [page["kind"] for page in self.disk_is_told()] == ["alarm", "back"], 60)
        kept = json.loads((disk / "deadman.json").read_text())["wards"]["l4"]
        self.assertTrue(kept["ever_heard"], "what came while the disk was full")

    def test_on_a_disk_that_does_not_answer_it_rings_and_ends_when_asked_to(self):
        # Nobody reads from these pipes, nor writes: to open one hangs, as it does on a disk that went away.
        for hung in ("deadman.json", "deadman.json.new"):
            with self.subTest(hung):
                pipe = self.folder / "outside" / hung
                os.mkfifo(pipe)
                self.configure()
                self.start_deadman()
                wait_for("the alarm", lambda: self.hook.kinds()[:1] == ["alarm"], 60)
                self.assertEqual(self.send(self.key, self.body()), 204, "and listens")
                self.end_deadman()
                pipe.unlink()
                self.hook.heard.clear()


class Failing(Outside):
    def test_receivers_that_fail_are_a_technical_alarm_and_delay_nothing(self):
        with socket.socket() as hole:  # takes connections and never answers
            hole.bind(("127.0.0.1", 0))
            hole.listen(64)
            self.port = hole.getsockname()[1]
            self.configure()
            config = self.folder / "magwatch.toml"
            config.write_text(config.read_text() + f'''
[[heartbeat]]
name = "refused"
kind = "healthchecks"
url = "http://127.0.0.1:{free_port()}/ping"
every = "1 s"
''')
            self.start()
            wait_for("both fail", lambda: self.metric("magwatch_heartbeat_receivers_failing") == 2, 120)
            fault = wait_for("both are named", self.outside_fault, 60)
            self.assertIn("outside", fault.split(": ")[1])
            self.assertIn("refused", fault)
            rules = [alarm["rule"] for alarm in self.ward.json("alarms")["alarms"]]
            self.assertIn("technical.channel", rules)
            self.assertGreaterEqual(self.metric("magwatch_heartbeats_failed_total"), 6)

            self.ward.watch()
            self.ward.must("entries", {"key": "k-rate", "bed": "bed-1", "person": "midwife-1", "kind": "infusion",
                                       "value": 1, "unit": "g/h"})
            arrived = len(self.ward.receiver.arrived())
            charted = time.monotonic()
            self.ward.must("entries", {"key": "k-reflex", "bed": "bed-1", "person": "midwife-1", "kind": "reflex",
                                       "site": "knee", "value": 0})
            wait_for("the page", lambda: len(self.ward.receiver.arrived()) > arrived, 60)
            # A transfer to the black hole hangs for seconds; a page waits for none of them.
            self.assertLess(time.monotonic() - charted, 5)

    def metric(self, name):
        text = self.ward.get("/metrics")[1].decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith((name + " ", name + "{")))

    def outside_fault(self):
        found = [fault["detail"] for fault in self.ward.json("status")["faults"] if fault["fault"] == "channel"]
        return found[0] if found and "," in found[0] else None


class CommandLine(Outside):
    def test_exit_codes(self):
        self.configure()

        def run(*arguments):
            return subprocess.run([DEADMAN, *arguments], capture_output=True, text=True, check=False, timeout=60)

        path = self.folder / "deadman.toml"
        self.assertEqual(run("--help").returncode, 0)
        self.assertIn("magwatch-deadman", run("--version").stdout)
        self.assertEqual(run().returncode, 2)
        self.assertEqual(run("--config", str(path), "--check").returncode, 0)
        path.write_text(path.read_text() + "unknown = 1\n")
        done = run("--config", str(path), "--check")
        self.assertEqual(done.returncode, 78)
        self.assertIn("unknown", done.stderr)
        path.write_text(path.read_text().replace("unknown = 1\n", "").replace("/outside\"", "/not-there\""))
        done = run("--config", str(path))
        self.assertEqual(done.returncode, 1)
        self.assertIn("state", done.stderr)

    def test_a_file_that_cannot_be_read_is_no_mistake_that_starting_again_would_not_mend(self):
        self.configure()
        path = self.folder / "deadman.toml"
        good = path.read_text()
        secret = good.partition('secret = "')[2].partition('"')[0]
        for wrong in (None, good.replace(secret, "file:/there/is/none")):
            path.unlink() if wrong is None else path.write_text(wrong)
            for more, code in (([], 1), (["--check"], 78)):
                done = subprocess.run([DEADMAN, "--config", str(path), *more], capture_output=True, text=True, check=False,
                                      timeout=60)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertIn("No such file", done.stderr)


unittest.main()
