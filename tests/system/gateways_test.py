#!/usr/bin/python3
"""A page of the real daemon through gateways that somebody else wrote, up to where a person would read it.

  gateways_test.py MAGWATCHD
"""
import re
import subprocess
import sys
import unittest

from receivers import Peer
from ward_process import WardTest, wait_for

BINARY = sys.argv.pop(1)


class Gateways(WardTest):
    binary = BINARY

    def peer(self, script, *arguments):
        peer = Peer(script, *arguments)
        self.addCleanup(peer.close)
        return peer

    def reach_midwife_by(self, channel, sections):
        path = self.ward.directory / "magwatch.toml"
        config, changed = re.subn(r"channels = \[.*\]", lambda _: f"channels = [{channel}]", path.read_text())
        self.assertEqual(changed, 1)
        path.write_text(config + sections)

    def start_call(self):
        self.start()
        self.ward.watch()
        self.ward.must("entries", {"key": "k-rate", "bed": "bed-1", "person": "midwife-1", "kind": "infusion",
                                   "value": 1, "unit": "g/h"})
        self.ward.must("entries", {"key": "k-reflex", "bed": "bed-1", "person": "midwife-1", "kind": "reflex",
                                   "site": "knee", "value": 0})

    def accepted(self):
        """The first page that was handed over, as the daemon tells it."""
        return wait_for("the page is accepted", lambda: next(
            (page for page in self.ward.json("pages")["pages"] if page["outcome"] == "accepted"), None), 60)


class Mail(Gateways):
    def test_a_page_lies_in_the_mailbox_behind_postfix(self):
        folder = self.ward.directory
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=magwatch test", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", folder / "tls.key", "-out", folder / "tls.crt"], check=True, capture_output=True)
        password = folder / "mail.key"
        password.write_text("open sesame")
        password.chmod(0o600)
        postfix = self.peer("postfix_peer.py", "--tls", str(folder / "tls.crt"), str(folder / "tls.key"), "--login",
                            "ward", "open sesame", "--mailbox", "on-call@hospital.example")
        self.reach_midwife_by('{ kind = "smtp", to = "on-call@hospital.example" }', f'''
[pager.smtp]
host = "127.0.0.1"
port = {postfix.port}
from = "ward@hospital.example"
user = "ward"
password = "file:{password}"
ca_file = "{folder}/tls.crt"
''')
        self.start_call()
        mail = postfix.next("mailbox")
        self.assertIn("STOP magnesium", mail["body"])
        self.assertIn("calcium gluconate", mail["body"])
        self.assertRegex(mail["received"][0], r"using TLSv1\.[23] .*Authenticated sender: ward@postfix\.example")
        page = self.accepted()
        self.assertEqual(page["detail"], "SMTP 250")
        self.assertTrue(mail["headers"]["message-id"].endswith("@hospital.example>"), mail)
        self.assertIn("/midwife-1/", mail["headers"]["message-id"])


class Pager(Gateways):
    def test_a_page_lies_in_the_queue_of_hfaxd(self):
        hfaxd = self.peer("hfaxd_peer.py")
        password = self.ward.directory / "snpp.key"
        password.write_text("secret")
        password.chmod(0o600)
        self.reach_midwife_by('{ kind = "snpp", gateway = "hospital", pager = "5551234" }', f'''
[[pager.snpp]]
name = "hospital"
host = "127.0.0.1"
port = {hfaxd.port}
user = "ward"
password = "file:{password}"
''')
        self.start_call()
        job = hfaxd.next("page")
        self.assertEqual((job["page"], job["priority"]), ("5551234", 63))
        self.assertIn("STOP magnesium", job["text"])
        self.assertEqual(self.accepted()["detail"], "SNPP 250 to SEND")


unittest.main()
