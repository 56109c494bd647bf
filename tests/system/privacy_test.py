#!/usr/bin/python3
"""Canaries: who she is, who cares for her, what they typed and every secret go in by each way that there is, and each output
of the real daemon is read for them. A canary is found where it belongs, and nowhere else.

  privacy_test.py MAGWATCHD MAGWATCH

It reads what the daemon logs until it dies of an abort, metrics, each route of the API without a session and the live
stream, what each channel carries, heartbeats, the audit trail, the records below the state folder, a backup, exports, and
the command-line tool. Each is searched in plain text, base64 and hex, and for the SHA-256 of what names a patient.
"""
import base64
import hashlib
import http.client
import io
import json
import pathlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import time
import unittest

import mllp
from channel_faults_test import Peer
from openapi_document import Document
from receivers import Listener, SmsGateway
from ward_process import WardTest, free_port, on_a_ward, wait_for

MAGWATCH, BINARY = sys.argv.pop(2), sys.argv.pop(1)
NOWHERE = None
# Names of outputs. What is kept of a patient stands in the records and in their backup.
RECORDS = r"records journal\.db|backup journal\.db"
STREAM = r"|api GET /api/v1/stream"
CHART = RECORDS + STREAM + r"|api GET /api/v1/beds(/bed-\d(/chart)?)?|cli (beds|chart).*"
CONFIG = r"|backup (configuration|in-force)/.*"
AUDIT = r"|(backup )?audit .*|backup audit/.*"  # names and keys as they were given, and nothing that is typed


def whsec(letter):
    return "whsec_" + base64.b64encode(letter.encode() * 32).decode()


class Canaries:
    """name -> (text, where it belongs, a form of it that names a patient)."""

    def __init__(self):
        self.all = {}

    def let(self, name, belongs=NOWHERE, text=None, patient=False):
        text = text or "zq" + name.replace(" ", "") + "xj"
        self.all[name] = (text, belongs, patient)
        return text

    def __getitem__(self, name):
        return self.all[name][0]

    def forms(self, name):
        """As an output may have it, in small letters."""
        text, _, patient = self.all[name]
        data = text.encode()
        yield text.lower()
        yield data.hex()
        for shift in range(3):  # wherever in a base64 it begins
            packed = base64.b64encode(b"\0" * shift + data).decode().rstrip("=")
            yield packed[[0, 2, 3][shift]:-1].lower()
        if patient:
            yield hashlib.sha256(data).hexdigest()

    def found(self, name, data):
        return any(form.encode() in data for form in self.forms(name))

    def misplaced(self, outputs):
        """(canary, output) of each that is where it does not belong."""
        small = {output: data.lower() for output, data in outputs.items()}
        return sorted((name, output) for name, (_, belongs, _) in self.all.items() for output, data in small.items()
                      if not (belongs and re.fullmatch(belongs, output)) and self.found(name, data))

    def missing(self, outputs):
        """Those that are not where they belong: nothing would be proven by their absence elsewhere."""
        small = {output: data.lower() for output, data in outputs.items()}
        return sorted(name for name, (_, belongs, _) in self.all.items() if belongs and not any(
            re.fullmatch(belongs, output) and self.found(name, data) for output, data in small.items()))


class Wire(Listener):
    """A receiver that keeps what it is sent, to the byte, with its headers."""

    def take(self, headers, body):
        return str(headers).encode() + body


def unpacked(blob):
    """As docs/JOURNAL_FORMAT.md has it: one byte of method, 1 is a frame of zstd."""
    if not isinstance(blob, bytes):
        return str(blob).encode()
    if blob[:5] == b"\x01\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dc"], input=blob[1:], capture_output=True, check=True).stdout
    return blob


def database(data, folder):
    """All that a database of ours says, and its bytes."""
    path = folder / "read.db"
    path.write_bytes(data)
    opened = sqlite3.connect(path)
    tables = [row[0] for row in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    said = b"\n".join(unpacked(value) for table in tables for row in opened.execute(f'SELECT * FROM "{table}"')
                      for value in row)
    opened.close()
    path.unlink()
    return data + b"\n" + said


class Privacy(WardTest):
    binary, beds = BINARY, 2

    def setUp(self):
        super().setUp()
        self.folder = self.ward.directory
        self.canaries, self.outputs = Canaries(), {}
        self.hl7, self.callbacks = free_port(), free_port()
        self.wires, self.peers = {}, {}
        for name in ("webhook", "ntfy", "wctp", "alertmanager", "heartbeat", "ping"):
            self.wires[name] = Wire()
            self.addCleanup(self.wires[name].close)
        self.gateway = SmsGateway()
        self.addCleanup(self.gateway.close)
        self.secrets_and_people()
        self.configure()

    # --- what goes in ---

    def secret(self, name, text=None, wire=NOWHERE):
        """A secret of the configuration: the reference to its file. Whoever it proves us to may see it."""
        path = self.folder / f"{name.replace(' ', '-')}.key"
        path.write_text(self.canaries.let(name, wire and f"wire {wire}", text))
        path.chmod(0o600)
        return f'"file:{path}"'

    def secrets_and_people(self):
        """Who works here, and by which address they are reached."""
        self.staff = {}
        for kind in ("webhook", "sms", "smtp", "snpp", "ntfy", "wctp", "alertmanager", "pcd04"):
            # A name is a role or a badge. It is in a page's key, and so in the log and on every wire of its own page.
            self.staff[kind] = self.canaries.let(f"staff {kind}", r"(?!api GET /metrics|wire (heartbeat|ping)|export).*")
        kept = RECORDS + CONFIG
        self.number = self.canaries.let("telephone", kept + r"|wire sms", "447700900913")
        self.mailbox = self.canaries.let("mailbox", kept + r"|wire smtp") + "@ward.example"
        self.pager = self.canaries.let("pager number", kept + r"|wire snpp", "5550917733")
        self.recipient = self.canaries.let("recipient", kept + r"|wire wctp", "5550917744")

    def certificate(self):
        made = [self.folder / "mail.crt", self.folder / "mail.pem"]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", "/CN=magwatch test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", made[1],
                        "-out", made[0]], check=True, capture_output=True)
        return [str(path) for path in made]

    def configure(self):
        mail_certificate = self.certificate()
        mail_secret = self.secret("mail password")
        self.peers = {"smtp": Peer("smtp_peer.py", "--tls", *mail_certificate, "--login", "ward",
                                   self.canaries["mail password"]),
                      "snpp": Peer("snpp_fault_peer.py", "220 ready", "250 OK"), "pcd04": Peer("pcd_peer.py", "CA")}
        for peer in self.peers.values():
            self.addCleanup(peer.close)
        port = {name: wire.server_port for name, wire in self.wires.items()} | {"sms": self.gateway.server_port} | {
            name: peer.to[1] for name, peer in self.peers.items()}
        at = {name: f"http://127.0.0.1:{number}" for name, number in port.items()}
        entries = {
            "webhook": f'kind = "webhook", url = "{at["webhook"]}/page", secret = {self.secret("webhook key", whsec("w"))}',
            "sms": f'kind = "sms", gateway = "g", to = "+{self.number}"',
            "smtp": f'kind = "smtp", to = "{self.mailbox}"', "snpp": f'kind = "snpp", gateway = "g", pager = "{self.pager}"',
            "ntfy": 'kind = "ntfy", gateway = "g", topic = "ward-l4"',
            "wctp": f'kind = "wctp", gateway = "g", recipient = "{self.recipient}"',
            "alertmanager": 'kind = "alertmanager", gateway = "g"', "pcd04": 'kind = "pcd04", gateway = "g"'}
        people = "".join(f'[[person]]\nname = "{self.staff[kind]}"\nrole = "bedside"\nchannels = [{{ {entry} }}]\n'
                         for kind, entry in entries.items())
        on_a_ward(self.ward, "")
        text = self.config.read_text()
        text = text[:text.index("[[person]]")] + people + text[text.index("[escalation.high]"):]
        self.config.write_text(text + f'''
[escalation.medium]
rungs = [["bedside"]]
[[roster]]
name = "bedside-midwife"
last_resort = "{self.staff["sms"]}"
gaps_to_last_resort = true
[pager]
answer_url = "http://127.0.0.1:{self.ward.port}"
answer_secret = {self.secret("answer secret", "a" * 12 + "zqanswersecretxj" + "a" * 12)}
[callbacks]
listen = "127.0.0.1:{self.callbacks}"
url = "http://127.0.0.1:{self.callbacks}"
[[pager.sms]]
name = "g"
url = "{at["sms"]}/messages"
format = "form"
fields = {{ To = "{{to}}", Body = "{{text}}", Key = "{{key}}", Auth = "{{secret}}", Status = "{{status_url}}" }}
secret = {self.secret("sms secret", wire="sms")}
[pager.sms.callback]
proof = "hmac-sha256"
header = "X-Signature"
secret = {self.secret("callback secret")}
reference = "id"
status = "status"
words = {{ delivered = "delivered" }}
sender = "from"
text = "text"
[pager.smtp]
host = "127.0.0.1"
port = {port["smtp"]}
from = "magwatch@ward.example"
user = "ward"
password = {mail_secret}
ca_file = "{mail_certificate[0]}"
[[pager.snpp]]
name = "g"
host = "127.0.0.1"
port = {port["snpp"]}
user = "ward"
password = {self.secret("snpp password", wire="snpp")}
[[pager.ntfy]]
name = "g"
url = "{at["ntfy"]}"
secret = {self.secret("ntfy token", wire="ntfy")}
[[pager.wctp]]
name = "g"
url = "{at["wctp"]}/wctp"
sender = "ward-l4"
secret = {self.secret("wctp code", wire="wctp")}
[[pager.alertmanager]]
name = "g"
urls = ["{at["alertmanager"]}"]
user = "ward"
secret = {self.secret("alertmanager password", wire="alertmanager")}
[[pager.pcd04]]
name = "g"
host = "127.0.0.1"
port = {port["pcd04"]}
system_id = "ACDE48234567ABCD"
[[heartbeat]]
name = "outside"
kind = "webhook"
url = "{at["heartbeat"]}/beat"
every = "1 s"
secret = {self.secret("heartbeat key", whsec("h"))}
[[heartbeat]]
name = "ping"
kind = "healthchecks"
url = "{at["ping"]}/{self.canaries.let("ping address", RECORDS + CONFIG + r"|wire ping")}"
every = "1 s"
[metrics]
clinical = true
[hl7]
listen = "127.0.0.1:{self.hl7}"
[[hl7.source]]
name = "gateway"
application = "GW"
[[hl7.source]]
name = "census"
application = "ADT"
bed_pattern = "{{PID-3.1}}"
''')

    def send_hl7(self):
        """Two senders: one whose beds we know, and one that names its beds by the number of the patient's record."""
        new, patient = self.canaries.let, {}
        for name in ("family name", "given name", "street", "next of kin", "doctor", "account", "lab note", "result text",
                     "code text", "performer", "visit"):
            patient[name] = new(name, patient=True)
        patient["record number"] = new("record number", patient=True, text="7700417793315")
        patient["telephone at home"] = new("telephone at home", patient=True, text="441632960961")
        patient["birth"] = new("birth", patient=True, text="19910417033177")
        patient["control"] = new("control", r"hl7 answers")
        now = time.strftime("%Y%m%d%H%M%S", time.gmtime())

        def message(application, bed, rate):
            return "\r".join((
                f"MSH|^~\\&|{application}|ICU|||{now}+0000||ORU^R01^ORU_R01|{patient['control']}{application}|P|2.6",
                f"PID|1|{patient['account']}|{patient['record number']}^^^H^MR||{patient['family name']}^"
                f"{patient['given name']}||{patient['birth']}|F|||{patient['street']}^^TOWN||{patient['telephone at home']}",
                f"NK1|1|{patient['next of kin']}^A", f"PV1|1|I|{bed}||||{patient['doctor']}^B||||||||||||{patient['visit']}",
                f"NTE|1||{patient['lab note']}", f"OBR|1|||V|||{now}+0000|||||||||{patient['doctor']}^B",
                f"OBX|1|NM|8867-4^Heart rate^LN||{rate}|/min|||||F|||||{patient['performer']}^C",
                f"OBX|2|TX|99999-9^{patient['code text']}^LN||{patient['result text']}||||||F",
                f"NTE|2||{patient['lab note']} {patient['family name']}",
                f"OBX|3|ST|8867-4^Heart rate^LN||{patient['result text']}|/min|||||F")) + "\r"
        answers = b""
        for text in (message("GW", "bed-1", 80), message("ADT", "bed-1", 81), message("WHO", patient["family name"], 82),
                     f"MSH|{patient['family name']}|{patient['record number']}\rPID|{patient['street']}\r"):
            with socket.create_connection(("127.0.0.1", self.hl7), timeout=30) as wire:
                answers += mllp.exchange(wire, text)
        self.outputs["hl7 answers"] = answers
        wait_for("what a patient's message says is taken", lambda: [
            one["observations"] for one in self.ward.json("sources")["sources"] if one["name"] == "gateway"] == [1], 60)

    def must_chart(self, kind, **what):
        status, answer = self.ward.chart(key=self.canaries.let(f"key of {kind}", RECORDS + AUDIT), kind=kind, **what)
        self.assertIn(status, (200, 201), (kind, answer))

    def chart(self):
        """What people type, by each route that takes text."""
        new, ward = self.canaries.let, self.ward
        ward.must("watch/start", {"bed": "bed-1", "person": "midwife-1", "calcium_at_bed": True, "hammer_at_bed": False,
                                  "oxygen_at_bed": True})
        ward.watch(2)
        self.must_chart("concerned", note=new("concern", CHART))
        self.must_chart("sedation", drug=new("drug", CHART))
        self.must_chart("decision", about="plan", reason=new("decision", CHART))
        self.must_chart("reflex", not_possible=new("plaster", CHART))
        self.must_chart("avpu", value="alert")
        avpu = next(e for e in ward.json("beds/bed-1/chart")["entries"] if "alert" in e["text"])
        self.must_chart("strike", corrects=avpu["id"], reason=new("correction", CHART))
        self.must_chart("infusion", value=1, unit="g/h", second_person=new("second person", CHART + AUDIT))
        ward.must("here", {"bed": "bed-1", "station": new("station", CHART + AUDIT)})
        checklist = CHART + r"|api GET /api/v1/beds/bed-1/protocol"
        ward.must("beds/bed-1/protocol/open", {"person": "midwife-1", "key": new("key of checklist", RECORDS + AUDIT),
                                               "branch": "grade2", "reason": new("branch", checklist)})
        step = ward.json("beds/bed-1/protocol")["checklist"]["steps"][-1]["id"]
        ward.must("beds/bed-1/protocol/step", {"person": "midwife-1", "key": "s1", "step": step, "act": "not-done",
                                               "reason": new("step", checklist)})
        limits = CHART + r"|api GET /api/v1/beds/bed-1/limits"
        ward.must("beds/bed-1/limits", {"person": "doctor-1", "limit": self.a_limit(), "value": "9 /min", "seconds": 3600,
                                        "reason": new("limit", limits)})
        duty = RECORDS + STREAM + r"|api GET /api/v1/oncall(/.*)?|cli oncall.*"
        ward.must("oncall", {"person": "charge-1", "roster": "bedside-midwife", "to": self.staff["webhook"],
                             "reason": new("duty", duty), "seconds": 3600})
        alarm = wait_for("an alarm that may be shelved", lambda: next(
            (a for a in ward.json("alarms")["alarms"] if a["rule"] == "technical.preparation"), None), 60)
        ward.must(f"alarms/{alarm['id']}/shelve", {"person": "charge-1", "reason": "other", "minutes": 60, "note": new(
            "shelved", CHART + r"|api GET /api/v1/alarms|cli alarms.*")})

    def a_limit(self):
        """A named limit of breathing of the pack."""
        pack = (self.folder / "minimal.toml").read_text()
        return re.search(r"(?m)^(rr_\w+) = ", pack).group(1)

    def call(self):
        """A high alarm rings everybody, by each channel; somebody answers by a link, and by a typed reply that says more."""
        new, ward = self.canaries.let, self.ward
        self.must_chart("rr", value=6, unit="/min")
        wait_for("every wire", lambda: all(self.heard(kind) for kind in self.staff), 120)
        call = next(c for c in ward.calls() if c["kind"] == "physiological")
        ward.must(f"calls/{call['id']}/phoned", {"person": "midwife-1", "coming": False, "to": new(
            "rung up", RECORDS + AUDIT + STREAM + r"|api GET /api/v1/calls|cli calls.*")})
        text = self.gateway.heard[0]["Body"]
        typed = re.search(r"Reply (\d+)Y", text).group(1)
        for sender, more in ((f"+{self.number}", new("typed more")), (new("stranger", text="447700900988"), "")):
            body = (f"id={new('gateway id', text='zqgatewayidxj')}{more}&from=%2B{sender.lstrip('+')}&text={typed}Y+{more}+"
                    f"{self.canaries['family name']}")
            mac = SmsGateway.signature(body, self.canaries["callback secret"]).hexdigest()
            self.tcp("POST", "/sms/g/reply", self.callbacks, body, **{"X-Signature": mac, "Content-Type":
                                                                     "application/x-www-form-urlencoded"})
        page = next(p for p in self.ward_pages() if p.get("answers"))
        link = page["answers"]["coming"]
        token = link.rsplit("/", 1)[1]
        self.canaries.let("link", r"wire .*", token)
        self.outputs["answer page"] = self.tcp("GET", f"/answer/{token}")[1].replace(token.encode(), b"")
        self.outputs["answer"] = self.tcp("POST", f"/answer/{token}", body="", **{
            "Content-Type": "application/x-www-form-urlencoded"})[1].replace(token.encode(), b"")

    def ward_pages(self):
        for one in self.wires["webhook"].heard:
            yield json.loads(one[one.index(b"{"):])

    def heard(self, kind):
        """What was sent by this channel, to the byte."""
        if kind == "sms":
            return json.dumps(self.gateway.heard).encode()[2:]
        return b"".join(self.wires[kind].heard) if kind in self.wires else "".join(self.peers[kind].said).encode()

    def knock(self):
        """PINs, sessions and codes, right and wrong; and what a stranger may put into a request."""
        new, ward = self.canaries.let, self.ward
        new("setup code", r"log", re.search(r"with the code (\S+)", self.ward.daemon_log()).group(1))  # shown there, once
        new("another setup code", text=self.setup_code())
        people = r"records people\.json|backup people\.json|api GET /api/v1/people|cli user list.*"
        pin = new("PIN", text="914275836021")
        ward.must("people", {"name": "midwife-9", "label": new("label", people), "role": "midwife", "pin": pin})
        at = f"http://127.0.0.1:{ward.port}"
        head = {"Content-Type": "application/json", "X-Magwatch-Client": new("client program"), "Origin": at,
                "User-Agent": new("browser"), "Sec-Fetch-Site": "same-origin", "Referer": f"{at}/{new('referer')}"}
        wrong = {"person": new("wrong person"), "pin": new("wrong PIN", text="827364519287")}
        self.assertEqual(self.tcp("POST", "/api/v1/session/unlock", body=json.dumps(wrong), **head)[0], 401)
        wrong["person"] = "midwife-9"
        self.assertEqual(self.tcp("POST", "/api/v1/session/unlock", body=json.dumps(wrong), **head)[0], 401)
        reply = wait_for("the wait after a wrong PIN", lambda: next((r for r in [self.tcp(
            "POST", "/api/v1/session/unlock", body=json.dumps({"person": "midwife-9", "pin": pin}), **head)] if r[0] == 200),
            None), 60)
        cookie = reply[2]["Set-Cookie"].split(";")[0]
        new("session", text=cookie.split("=", 1)[1])
        head["Cookie"] = cookie
        body = {"key": "k-tcp", "bed": "bed-1", "kind": "avpu", "value": new("wrong value")}
        self.assertEqual(self.tcp("POST", "/api/v1/entries", body=json.dumps(body), **head)[0], 422)
        body = {"bed": new("wrong bed", AUDIT[1:]), "station": "x"}
        self.assertNotEqual(self.tcp("POST", "/api/v1/here", body=json.dumps(body), **head)[0], 200)
        self.tcp("POST", "/api/v1/boards/sound", body=json.dumps({"board": new("board", AUDIT[1:]), "sound": "on"}), **head)
        self.tcp("POST", "/api/v1/entries", body='{"' + new("broken JSON"), **head)
        self.tcp("GET", f"/api/v1/beds/{new('path')}?{new('query')}={self.canaries['query']}", **head)
        self.tcp("GET", "/answer/" + new("wrong link"), **head)
        self.tcp(new("method").upper(), "/", **head)
        self.tcp("GET", "/api/v1/status", Host=new("host") + ".example")
        self.tcp("GET", "/", Authorization="Basic " + base64.b64encode(new("basic").encode()).decode())

    def setup_code(self):
        done = subprocess.run([MAGWATCH, "user", "setup-code", "--json", "--socket", str(self.folder / "magwatchd.sock")],
                              capture_output=True, text=True, timeout=60, check=True)
        return json.loads(done.stdout)["code"]

    # --- what comes out ---

    def tcp(self, method, path, port=None, body=None, **head):
        """(status, body, headers) of a request over TCP, without a session if the headers have none."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.ward.port, timeout=30)
        try:
            connection.request(method, path, body, head)
            reply = connection.getresponse()
            return reply.status, reply.read(), reply.headers
        finally:
            connection.close()

    def read_api(self):
        values = {"alias": "bed-1", "device": "gateway", "name": "board.js", "token": "none",
                  "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                  "id": next(a["id"] for a in self.ward.json("alarms")["alarms"] if a["kind"] == "physiological")}
        read = 0
        for method, path in Document().operations:
            if method != "GET" or path == "/api/v1/stream":
                continue
            target = re.sub(r"\{(\w+)\}", lambda found: values[found.group(1)], path)
            status, body, head = self.tcp("GET", target)
            read += status == 200
            name = "api GET " + target if "export" not in path else "export " + path.rsplit(".", 1)[1]
            self.outputs[name] = str(head).encode() + body
        self.assertGreater(read, 20)
        with socket.create_connection(("127.0.0.1", self.ward.port), timeout=30) as wire:
            wire.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            said = b""
            while b"event: heartbeat" not in said:
                said += wire.recv(65536)
        self.outputs["api GET /api/v1/stream"] = said

    def read_cli(self):
        to_daemon = ["--socket", str(self.folder / "magwatchd.sock")]
        config = ["--config", str(self.config)]
        for words in ("status", "beds", "sources", "alarms list", "calls list", "pages list", "oncall show", "chart bed-1",
                      "user list"):
            for more in ([], ["--json"]):
                self.run_cli(f"{words} {' '.join(more)}".strip(), words.split() + more + to_daemon)
        self.run_cli("doctor", ["doctor", *config])
        self.run_cli("doctor --json", ["doctor", "--json", *config])
        self.run_cli("config check", ["config", "check", *config[1:]])
        self.run_cli("audit verify", ["audit", "verify", "--folder", str(self.folder / "state/audit")])
        # A mistake in the configuration is told in words, beside the line.
        broken = self.folder / "broken.toml"
        broken.write_text(self.config.read_text() + "\nwrong = 1\n")
        self.run_cli("config check broken", ["config", "check", str(broken)])

    def run_cli(self, name, words):
        done = subprocess.run([MAGWATCH, *words], capture_output=True, timeout=300, check=False)
        self.assertNotIn(done.returncode, (2, 4), (words, done))
        self.outputs["cli " + name] = done.stdout + done.stderr

    def read_backup(self):
        folder = self.folder / "backups"
        self.run_cli("backup", ["backup", "--config", str(self.config), "--output", str(folder), "--socket",
                                str(self.folder / "magwatchd.sock")])
        made = next(folder.glob("*.backup"))
        self.assertEqual(made.stat().st_mode & 0o777, 0o600)
        plain = subprocess.run(["zstd", "-dc", str(made)], capture_output=True, check=True).stdout
        with tarfile.open(fileobj=io.BytesIO(plain)) as archive:
            for part in archive.getmembers():
                data = archive.extractfile(part).read()
                self.outputs["backup " + part.name] = database(data, self.folder) if part.name.endswith(".db") else data

    def read_files(self):
        """After the end: what is on the disk."""
        state = self.folder / "state"
        for path in sorted(state.rglob("*")):
            if path.is_file():
                name = path.relative_to(state)
                kind = "audit " if name.parts[0] == "audit" else "records "
                data = path.read_bytes()
                self.outputs[kind + str(name)] = database(data, self.folder) if path.suffix == ".db" else data
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)
        self.outputs["log"] = (self.folder / "daemon.log").read_bytes()

    def die(self):
        """Of an abort, as of an assertion that does not hold."""
        process = pathlib.Path(f"/proc/{self.ward.process.pid}")
        self.outputs["process"] = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        self.ward.process.send_signal(signal.SIGABRT)
        self.assertEqual(self.ward.process.wait(60), -signal.SIGABRT)
        # What a kill leaves in the log of the databases is read as a start would read it.
        self.ward.start()
        self.ward.ready()
        self.ward.process.send_signal(signal.SIGTERM)
        self.assertEqual(self.ward.process.wait(60), 0, self.ward.daemon_log())

    def test_nothing_stands_where_it_does_not_belong(self):
        self.start()
        self.assertFalse(self.ward.json("status")["fallback"], self.ward.daemon_log())
        self.send_hl7()
        self.knock()
        self.chart()
        self.call()
        self.read_api()
        self.read_cli()
        self.read_backup()
        wait_for("heartbeats", lambda: self.wires["heartbeat"].heard and self.wires["ping"].heard, 60)
        self.die()
        self.read_files()
        for name in [*self.staff, "heartbeat", "ping"]:
            self.outputs["wire " + name] = self.heard(name)
        misplaced = self.canaries.misplaced(self.outputs)
        self.assertFalse(misplaced, "\n".join(f"{name} in {output}" for name, output in misplaced))
        self.assertEqual(self.canaries.missing(self.outputs), [], "nothing is proven by their absence elsewhere")
        print(f"{len(self.canaries.all)} canaries, {len(self.outputs)} outputs")


if __name__ == "__main__":
    unittest.main(verbosity=2)
