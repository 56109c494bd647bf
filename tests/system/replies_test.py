#!/usr/bin/python3
"""Answers and statuses that are captured and sent again, or forged: they change nothing, they are counted, and the calling
goes on until a real one comes. On every channel that hears anything: links, SMS, WCTP, PCD-05.

  replies_test.py MAGWATCHD
"""
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import unittest
import urllib.error
import urllib.parse
import urllib.request

from receivers import Peer
from ward_process import ROOT, WardTest, free_port, wait_for

BINARY = sys.argv.pop(1)
PEERS = ROOT / "tests/integration/pagers"
SECRET = "a-secret-that-the-gateway-shares"
NUMBER, OTHER_NUMBER, NOBODYS = "+447700900123", "+447700900124", "+447700900999"
RUNG = 30  # s; what is forged meanwhile is not of somebody who has been told


class Replies(WardTest):
    binary = BINARY

    def setUp(self):
        super().setUp()
        self.sms = self.peer("sms_peer.py", "201")
        # About nobody's page, a word that no carrier says, a code of another page, no code at all, and one status twice.
        self.wctp = self.peer("wctp_peer.py", "--events", "foreign,garbage,typed:4711Y,typed:yes I am,delivered,twice")
        self.pcd = self.peer("pcd_peer.py", "CA")
        self.pcd05, self.callbacks = free_port(), free_port()
        folder = self.ward.directory
        secret = folder / "gateway.secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        hook = f'kind = "webhook", url = "http://127.0.0.1:{self.ward.receiver.port}/page", secret = "file:{folder}/hook.key"'
        people = "".join(f'[[person]]\nname = "{name}"\nrole = "{role}"\nchannels = [{{ {channel} }}]\n' for name, role, channel in (
            ("links", "first", hook), ("text", "first", f'kind = "sms", gateway = "g", to = "{NUMBER}"'),
            ("carrier", "first", 'kind = "wctp", gateway = "g", recipient = "5551234"'),
            ("manager", "first", 'kind = "pcd04", gateway = "g"'),
            ("midwife-1", "charge", hook), ("other", "charge", f'kind = "sms", gateway = "g", to = "{OTHER_NUMBER}"')))
        config = self.config.read_text()
        begin, end = config.index("[[person]]"), config.index("[rules]")
        self.config.write_text(config[:begin] + people + f'''
[escalation.high]
rungs = [["first"], ["charge"]]
wait = "{RUNG} s"
[callbacks]
listen = "127.0.0.1:{self.callbacks}"
url = "http://127.0.0.1:{self.callbacks}"
[pager]
answer_url = "http://127.0.0.1:{self.ward.port}"
[[pager.sms]]
name = "g"
url = "http://127.0.0.1:{self.sms.port}/messages"
format = "form"
fields = {{ To = "{{to}}", Body = "{{text}}" }}
[pager.sms.callback]
proof = "hmac-sha256"
header = "X-Signature"
secret = "file:{secret}"
reference = "id"
sender = "from"
text = "text"
[[pager.wctp]]
name = "g"
url = "http://127.0.0.1:{self.wctp.port}/wctp"
sender = "ward-l4"
[[pager.pcd04]]
name = "g"
host = "127.0.0.1"
port = {self.pcd.port}
system_id = "ACDE48234567ABCD"
[pager.pcd05]
listen = "127.0.0.1:{self.pcd05}"
''' + config[end:])
        self.start()
        self.ward.watch()
        self.ward.must("entries", {"key": "k-rate", "bed": "bed-1", "person": "midwife-1", "kind": "infusion",
                                   "value": 1, "unit": "g/h"})
        self.ward.must("entries", {"key": "k-reflex", "bed": "bed-1", "person": "midwife-1", "kind": "reflex",
                                   "site": "knee", "value": 0})

    def peer(self, *arguments):
        peer = Peer(*arguments)
        self.addCleanup(peer.close)
        return peer

    def call(self):
        return [call for call in self.ward.json("calls")["calls"] if call["bed"] == "bed-1"][0]

    def answers(self):
        return {told["person"]: told["answer"] for told in self.call()["told"]}

    def counted(self, metric, labels):
        """Of all lines of a metric that hold these labels."""
        lines = [line for line in self.ward.get("/metrics")[1].decode().splitlines() if line.startswith(metric + "{")]
        return sum(float(line.split()[-1]) for line in lines if all(label in line for label in labels))

    def post(self, url, body=b"", headers=None):
        request = urllib.request.Request(url, body, headers or {})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def text(self, identity, words, sender=NUMBER, secret=SECRET):
        body = urllib.parse.urlencode({"id": identity, "from": sender, "text": words}).encode()
        status, said = self.post(f"http://127.0.0.1:{self.callbacks}/sms/g/reply", body, {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()})
        return status, json.loads(said)["result"]

    def status(self, control, *words):
        """What a manager's PCD-05 messages were answered."""
        done = subprocess.run(["/usr/bin/python3", str(PEERS / "pcd_status_send.py"), str(self.pcd05), control, *words],
                              capture_output=True, text=True, check=True, timeout=60)
        return [json.loads(line)["code"] for line in done.stdout.splitlines()[1:]]

    def page_of(self, person):
        return [one["page"] for one in self.ward.receiver.arrived()
                if one["page"].get("kind") == "physiological" and f"/{person}/" in one["page"]["key"]]

    def forge(self):
        """All that a stranger could try, on every way in."""
        links = wait_for("page with links", lambda: self.page_of("links"), 60)[0]["answers"]
        code = self.call()["code"]
        base, _, token = links["coming"].rpartition("/")
        plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        self.assertIn(b"links", plain)
        anothers = base64.urlsafe_b64encode(plain.replace(b"links", b"other")).decode().rstrip("=")
        for forged in (anothers, token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"), token[:-8], "x"):
            self.assertEqual(self.post(f"{base}/{forged}")[0], 404, forged)
        self.assertGreaterEqual(self.counted("magwatch_http_requests_total", ["answer", 'code="404"']), 4)

        self.assertEqual(self.text("f1", f"{code}Y", secret="b" * 32), (401, "proof"))
        self.assertEqual(self.text("f2", f"{code}Y", sender=NOBODYS), (200, "sender"))
        self.assertEqual(self.text("f3", f"{code}Y", sender=OTHER_NUMBER), (200, "not_told"))
        self.assertEqual(self.text("f4", f"{code + 1 if code < 99 else 10}Y"), (200, "not_told"))
        for result in ("proof", "sender", "not_told"):
            self.assertGreaterEqual(self.counted("magwatch_callbacks_total", [f'"{result}"']), 1, result)

        wait_for("the carrier's news", lambda: self.counted("magwatch_replies_refused_total", ['"wctp"']) >= 4, 60)
        self.assertEqual(self.status("m1-999", "Accepted", "junk"), ["CR", "CR"])
        wait_for("the manager's are counted", lambda: self.counted("magwatch_replies_refused_total", ['"pcd04"']) == 2, 60)
        return links, code

    def test_what_is_forged_changes_nothing_and_the_calling_goes_on(self):
        self.forge()
        self.assertEqual(self.call()["state"], "calling")
        self.assertEqual(set(self.answers().values()), {"undefined"})
        wait_for("the next rung", lambda: self.page_of("midwife-1"), RUNG + 30)

    def test_what_is_captured_and_sent_again_changes_nothing(self):
        links, code = self.forge()
        def report():
            """The first that is none of the link's own questions."""
            while True:
                segments = {segment[0]: segment for segment in self.pcd.next("segments")["segments"]}
                if "watchdog" not in segments["OBR"][3]:
                    return segments["MSH"][10]
        control = report()
        # The manager's person cannot come; then the same message comes again and again.
        self.assertEqual(self.status(control, "Rejected=manager"), ["CA"])
        wait_for("the decline", lambda: self.answers()["manager"] == "declined", 30)
        wait_for("the rung above", lambda: self.page_of("midwife-1"), 30)
        # Who is told after a decline is told once: a decline that comes again moves nobody.
        told = len(self.call()["told"])
        for _ in range(3):
            self.assertEqual(self.status(control, "Rejected=manager"), ["CA"])
        self.assertEqual(self.text("r1", f"{code}N"), (200, "answer"))
        wait_for("the decline", lambda: self.answers()["text"] == "declined", 30)
        self.assertEqual(self.text("r1", f"{code}N"), (200, "repeated"))
        self.assertGreaterEqual(self.counted("magwatch_callbacks_total", ['"repeated"']), 1)
        self.assertEqual(len(self.call()["told"]), told)

        self.assertEqual(self.post(links["coming"])[0], 200)
        wait_for("coming", lambda: self.call()["state"] == "accepted", 30)
        due = self.call()["next_page"]
        status, page = self.post(links["coming"])
        self.assertEqual(status, 200)
        self.assertIn("Stored: you are coming", page)
        self.assertEqual(self.call()["next_page"], due, "the time to come runs on")
        self.assertEqual(self.post(links["here"])[0], 200)
        wait_for("at the bed", lambda: self.call()["state"] == "attended", 30)
        # Neither an old "coming" nor an old "cannot" takes a person from the bed.
        self.post(links["coming"])
        self.assertEqual(self.text("r1", f"{code}N"), (200, "repeated"))
        self.assertEqual(self.status(control, "Rejected=manager"), ["CA"])
        self.assertEqual(self.call()["state"], "attended")
        wait_for("the carrier's last word", lambda: [
            page["outcome"] for page in self.ward.json("pages")["pages"]
            if page["channel_kind"] == "wctp" and page["reason"] == "first"] == ["delivered"], 60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
