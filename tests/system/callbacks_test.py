#!/usr/bin/python3
"""SMS there and back through the real daemon: a page goes to a gateway, its status and the person's reply come back
by curl and by Python, over TLS; forged, repeated, slow and greedy ones change nothing and keep no answer away.

  callbacks_test.py MAGWATCHD
"""
import base64
import json
import re
import socket
import ssl
import subprocess
import sys
import unittest
import urllib.parse
import warnings

from receivers import SmsGateway
from ward_process import WardTest, free_port, wait_for

BINARY = sys.argv.pop(1)
SECRET, NUMBER = SmsGateway.SECRET, SmsGateway.NUMBER


class Callbacks(WardTest):
    binary, tls = BINARY, True

    def setUp(self):
        super().setUp()
        self.gateway = SmsGateway()
        self.addCleanup(self.gateway.close)
        self.port = free_port()
        folder = self.ward.directory
        scheme, section = "http", ""
        if self.tls:
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                            "-nodes", "-days", "2", "-subj", "/CN=magwatch test", "-addext",
                            "subjectAltName=IP:127.0.0.1,IP:127.0.0.2", "-keyout", folder / "call.key",
                            "-out", folder / "call.crt"], check=True, capture_output=True)
            for name in ("call.key", "call.crt"):
                (folder / name).chmod(0o600)
            scheme = "https"
            section = f'certificate = "file:{folder}/call.crt"\nkey = "file:{folder}/call.key"\n'
        self.base = f"{scheme}://127.0.0.1:{self.port}"
        self.gateway.configure(self.ward, self.port, self.base, section)

    def secret(self, name, value):
        path = self.ward.directory / name
        path.write_text(value)
        path.chmod(0o600)

    def start_call(self):
        """An open call whose page has reached the gateway; its code."""
        self.start()
        self.ward.watch()
        self.ward.ring()
        wait_for("the page at the gateway", lambda: self.gateway.heard, 60)
        text = self.gateway.heard[0]["Body"]
        self.assertLessEqual(len(text), 160)
        typed = re.search(r"Reply (\d+)Y", text)
        self.assertIsNotNone(typed, f"a page whose replies are heard asks for one: {text}")
        return typed.group(1)

    def curl(self, url, fields, secret=SECRET, *more):
        """(status, answer) as curl sees it."""
        body = urllib.parse.urlencode(fields)
        mac = SmsGateway.signature(body, secret).hexdigest()
        trust = ["--cacert", str(self.ward.directory / "call.crt")] if self.tls else []
        done = subprocess.run(["curl", "-sS", "--max-time", "30", *trust, *more, "-H", "X-Signature: " + mac,
                               "--data-binary", body, "-w", "\n%{http_code}", url],
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            return 0, done.stderr
        answer, status = done.stdout.rsplit("\n", 1)
        return int(status), json.loads(answer)["result"]

    def reply(self, identity, text, sender=NUMBER, secret=SECRET, *more):
        return self.curl(self.base + "/sms/hospital/reply", {"id": identity, "from": sender, "text": text}, secret,
                         *more)

    def kept(self):
        """The answers of the audit trail, oldest first."""
        files = sorted((self.ward.directory / "state/audit").glob("*.jsonl"))
        text = "".join(file.read_text() for file in files)
        self.assertNotIn(NUMBER.lstrip("+"), text)
        self.assertNotIn("who is this", text)
        rows = [json.loads(line) for line in text.splitlines() if '"action":"reply"' in line]
        return [(row["actor"], row["proof"], row["outcome"], row["body"]["result"], row["body"].get("answer"),
                 row["body"].get("code")) for row in rows if row["body"]["gateway"] == "hospital"]

    def call(self):
        return self.ward.calls()[0]

    def counted(self, result):
        text = self.ward.get("/metrics")[1].decode()
        line = [one for one in text.splitlines()
                if one.startswith("magwatch_callbacks_total{") and f'result="{result}"' in one]
        return float(line[0].split()[-1])

    def outcome(self):
        """What became of the first page by SMS, in words."""
        pages = [page for page in self.ward.json("pages")["pages"] if page["channel_kind"] == "sms"]
        return pages[0]["outcome"]

    def connect(self, source="127.0.0.1"):
        return socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(source, 0))


class Answers(Callbacks):
    def test_a_status_and_an_answer_come_back(self):
        code = self.start_call()
        where = self.gateway.heard[0]["StatusCallback"]
        self.assertTrue(where.startswith(self.base + "/sms/hospital/status/"), where)
        self.assertEqual(self.curl(where, {"id": "m1", "status": "sent"}), (200, "under_way"))
        self.assertEqual(self.curl(where, {"id": "m1", "status": "delivered"}), (200, "status"))
        wait_for("delivered", lambda: self.outcome() == "delivered", 30)
        self.assertEqual(self.curl(where, {"id": "m1", "status": "delivered"}), (200, "repeated"))

        self.assertEqual(self.reply("r1", f"{code} n", secret="b" * 32), (401, "proof"))
        self.assertEqual(self.reply("r1", f"{code}Y", sender="+447700900999"), (200, "sender"))
        self.assertEqual(self.reply("r1", "who is this?"), (200, "text"))
        self.assertEqual(self.reply("r2", f"{int(code) + 1}Y"), (200, "not_told"))
        self.assertEqual(self.call()["state"], "calling", "nothing of this may change a call")
        self.assertEqual(self.curl(where[:-2] + "AA", {"id": "m2", "status": "failed"}), (404, "address"))

        self.assertEqual(self.reply("r3", f"{code} y"), (200, "answer"))
        self.assertEqual(self.reply("r3", f"{code}Y"), (200, "repeated"))
        self.assertEqual(self.counted("proof"), 1)
        self.assertEqual(self.counted("sender"), 1)
        wait_for("coming", lambda: self.call()["state"] == "accepted", 30)
        self.assertEqual(self.call()["state"], "accepted")
        # Who answered, by which gateway, which page, what, and what became of it: no number and no text.
        wanted = [(None, "none", "refused", "proof", None, None), (None, "none", "refused", "sender", None, None),
                  ("midwife-1", "number", "refused", "text", None, None),
                  ("midwife-1", "number", "refused", "not_told", "coming", int(code) + 1),
                  ("midwife-1", "number", "accepted", "answer", "coming", int(code)),
                  ("midwife-1", "number", "refused", "repeated", None, None)]
        wait_for("the rows", lambda: len(self.kept()) >= len(wanted), 30)
        self.assertEqual(self.kept(), wanted)
        told = [one["message"] for one in self.ward.json("alarms")["alarms"] if one["rule"] == "technical.certificate"]
        self.assertEqual(told, ["The certificate of [callbacks] ends within 7 days"])
        self.assertEqual(self.reply("r4", f"{code}H"), (200, "answer"))
        wait_for("here", lambda: self.call()["state"] == "attended", 30)
        self.assertEqual(self.counted("answer"), 2)
        # Python's own client, and what was stored survives a kill.
        self.ward.kill()
        self.start()
        self.assertEqual(self.call()["state"], "attended")
        body = urllib.parse.urlencode({"id": "r5", "from": NUMBER, "text": f"{code}H"})
        import http.client
        client = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=30, context=ssl.create_default_context(
            cafile=str(self.ward.directory / "call.crt")))
        mac = base64.b64encode(SmsGateway.signature(body).digest()).decode()
        client.request("POST", "/sms/hospital/reply", body,
                       {"Content-Type": "application/x-www-form-urlencoded", "X-Signature": mac})
        answer = client.getresponse()
        self.assertEqual((answer.status, json.loads(answer.read())["result"]), (200, "answer"))
        client.close()

    def test_old_tls_and_plain_http_are_refused(self):
        self.start_call()
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname = False
        old.verify_mode = ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.connect() as wire, self.assertRaises(OSError):
            old.wrap_socket(wire)
        with self.connect() as wire:
            wire.sendall(b"POST /sms/hospital/reply HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            self.assertNotIn(b"HTTP/1.1", wire.recv(1000))

    def test_no_crowd_of_connections_keeps_an_answer_away(self):
        code = self.start_call()
        # 17 of one address, and as many of others as there may be in all; none says a word.
        crowd = [self.connect() for _ in range(20)]
        for host in range(2, 22):
            crowd += [self.connect(f"127.0.0.{host}") for _ in range(17)]
        try:
            self.assertEqual(self.reply("r1", f"{code}Y"), (200, "answer"), "from the address of the crowd")
            self.assertEqual(self.reply("r2", f"{code}H", NUMBER, SECRET, "--interface", "127.0.0.99"),
                             (200, "answer"), "from another")
        finally:
            for one in crowd:
                one.close()
        wait_for("here", lambda: self.call()["state"] == "attended", 30)

    def test_who_is_slow_or_greedy_is_turned_away(self):
        self.start_call()
        trusting = ssl.create_default_context(cafile=str(self.ward.directory / "call.crt"))
        before = self.counted("connection")

        def until_closed(wire, data):
            wire.sendall(data)
            got = b""
            while True:
                try:
                    part = wire.recv(4096)
                except (ConnectionResetError, ssl.SSLError):
                    return got
                if not part:
                    return got
                got += part

        with self.connect() as raw:  # no handshake
            self.assertEqual(until_closed(raw, b""), b"")
        with trusting.wrap_socket(self.connect(), server_hostname="127.0.0.1") as wire:  # half a header
            self.assertIn(b" 408 ", until_closed(wire, b"POST /sms/hospital/reply HTTP/1.1\r\nX-A: "))
        head = b"POST /sms/hospital/reply HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        with trusting.wrap_socket(self.connect(), server_hostname="127.0.0.1") as wire:  # a body without an end
            self.assertIn(b" 413 ", until_closed(wire, head + b"Content-Length: 70000\r\n\r\n"))
        with trusting.wrap_socket(self.connect(), server_hostname="127.0.0.1") as wire:  # chunks without an end
            chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
            self.assertIn(b" 413 ", until_closed(wire, head + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 5))
        with trusting.wrap_socket(self.connect(), server_hostname="127.0.0.1") as wire:
            self.assertIn(b" 431 ", until_closed(wire, head + b"X-A: " + b"a" * 9000))
        self.assertEqual(self.counted("connection"), before + 5)


class Plain(Callbacks):
    tls = False

    def test_on_loopback_it_can_stand_behind_a_proxy(self):
        code = self.start_call()
        self.assertEqual(self.reply("r1", f"{code}N"), (200, "answer"))
        self.assertEqual(self.reply("r1", f"{code}N"), (200, "repeated"))

    def test_a_reload_changes_the_secret(self):
        # A reload with other secrets: the old one proves nothing any more.
        code = self.start_call()
        self.secret("gateway.secret", "c" * 32)
        self.ward.process.send_signal(1)
        wait_for("the new secret", lambda: self.reply("r1", f"{code}H", secret="c" * 32)[0] == 200, 30)
        self.assertEqual(self.reply("r2", f"{code}H"), (401, "proof"))

    def test_a_port_that_was_taken_is_tried_again_and_told_until_it_listens(self):
        def told():
            return {fault["fault"]: fault["detail"] for fault in self.ward.json("status")["faults"]}.get("channel", "")
        with socket.create_server(("127.0.0.1", self.port)), socket.create_server(("127.0.0.1", 0)) as other:
            statuses = f"127.0.0.1:{other.getsockname()[1]}"
            config = self.ward.directory / "magwatch.toml"
            config.write_text(config.read_text() + f'[pager.pcd05]\nlisten = "{statuses}"\n')
            code = self.start_call()
            causes = told().split("; ")
            self.assertEqual(len(causes), 2, f"whoever shelves the alarm about one must hear of the next: {causes}")
            self.assertIn("Callbacks cannot be heard: ", causes[0])
            self.assertIn("cannot listen at " + statuses, causes[1])
        wait_for("the answer", lambda: self.reply("r1", f"{code}H") == (200, "answer"), 30)
        wait_for("the end of the fault", lambda: told() == "", 60)


unittest.main()
