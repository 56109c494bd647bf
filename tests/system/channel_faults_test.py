#!/usr/bin/python3
"""Every channel against every fault of its receiver, with the real daemon: somebody is told in time, nobody is told the
same more than twice, what went wrong is said in plain words, and pages arrive again when the fault is over.

  channel_faults_test.py MAGWATCHD [--slower FACTOR] [--table FILE] [NAME...]

NAME: faults, as in FAULTS; all by default. One daemon a fault, all at once: in each, everybody of the first rung has one
kind of channel through the fault and a webhook that works as the second. --table writes what was seen, as in
docs/ESCALATION.md; FACTOR: of the promised times, for builds with sanitizers.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import http.client
import http.server
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from fault_proxy import Fault, House
from ward_process import Ward, seconds, wait_for

PEERS = pathlib.Path(__file__).resolve().parents[1] / "integration/pagers"
RUNG = 30          # s that the first rung has
SECOND_MAX = 10    # s to the second channel if the first is dead
RECEIPT_MAX = 30   # s to the second channel if the first took the page and nobody proved its delivery (20, and load)
RESOLVED_MAX = 90  # s until it is known what became of a page
SILENT_MAX = 150   # s until two questions in a row, a minute apart, had no answer


class Peer:
    """A receiver of tests/integration/pagers as a separate process."""

    def __init__(self, name, *arguments):
        self.process = subprocess.Popen(["/usr/bin/python3", str(PEERS / name), *arguments], stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        ready = self.process.stdout.readline().split()
        assert ready[:1] == ["READY"], (name, ready)
        self.to = ("127.0.0.1", int(ready[1]))
        self.said = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.said.append(line)  # nobody may wait for a full pipe

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@dataclasses.dataclass
class Kind:
    """A kind of channel: `entry` of a person, `section` of the configuration, the key as it shows on the wire."""
    protocol: str
    peer: str
    key: str
    entry: str
    section: str = ""
    tls: bool = True     # can be asked to speak TLS
    own_ca: bool = False # can be told whom to trust


CA = '{ca}\n'
SMS = '''[[pager.sms]]
name = "g"
url = "{scheme}://127.0.0.1:{port}/messages"
format = "form"
fields = {{ To = "{{to}}", Body = "{{text}}" }}
idempotency_header = "Idempotency-Key"
'''
KINDS = {
    "webhook": Kind("http", "http", r"(?im)^webhook-id: (\S+)",
                    'kind = "webhook", url = "{scheme}://127.0.0.1:{port}/page", secret = "file:{key}"'),
    "sms": Kind("http", "http", r"(?im)^idempotency-key: (\S+)", 'kind = "sms", gateway = "g", to = "+447700900123"',
                SMS),
    "smtp": Kind("smtp", "smtp", r"(?im)^message-id: (\S+)", 'kind = "smtp", to = "midwife@ward.example"',
                 '[pager.smtp]\nhost = "127.0.0.1"\nport = {port}\nfrom = "magwatch@ward.example"\nstarttls = {tls}\n' + CA,
                 own_ca=True),
    "snpp": Kind("snpp", "snpp", r"(?s)(PAGE .*)", 'kind = "snpp", gateway = "g", pager = "1234"',
                 '[[pager.snpp]]\nname = "g"\nhost = "127.0.0.1"\nport = {port}\n', tls=False),
    "alertmanager": Kind("alertmanager", "http", r'("labels":\{[^}]*\})', 'kind = "alertmanager", gateway = "g"',
                         '[[pager.alertmanager]]\nname = "g"\nurls = ["{scheme}://127.0.0.1:{port}"]\n' + CA,
                         own_ca=True),
    "pcd04": Kind("mllp", "mllp", r"(?m)\rOBR\|1\|\|([^|]*)\|", 'kind = "pcd04", gateway = "g"',
                  '[[pager.pcd04]]\nname = "g"\nhost = "127.0.0.1"\nport = {port}\nsystem_id = "ACDE48234567ABCD"\n',
                  tls=False),
    "wctp": Kind("wctp", "wctp", r'messageID="([^"]*)"', 'kind = "wctp", gateway = "g", recipient = "5551234"',
                 '[[pager.wctp]]\nname = "g"\nurl = "{scheme}://127.0.0.1:{port}/wctp"\nsender = "ward-l4"\n' + CA,
                 own_ca=True),
    "ntfy": Kind("http", "http", r"(?s)^POST /(.*)", 'kind = "ntfy", gateway = "g", topic = "ward-l4"',
                 '[[pager.ntfy]]\nname = "g"\nurl = "{scheme}://127.0.0.1:{port}"\n' + CA, own_ca=True),
}
HTTP = ["webhook", "sms", "alertmanager", "wctp", "ntfy"]


def answers(http, told=False, **others):
    return {kind: Fault("answers", status=others.get(kind, http), told=told) for kind in [*HTTP, *others]}


def everybody(*arguments, **options):
    return dict.fromkeys(KINDS, Fault(*arguments, **options))


TLS = [kind for kind in KINDS if KINDS[kind].tls]
OWN_CA = [kind for kind in KINDS if KINDS[kind].own_ca]
# Fault of each kind that it applies to.
FAULTS = {
    "refused": everybody("refused"),
    "reset": everybody("reset"),
    "black hole": everybody("black_hole"),
    "slow": everybody("slow", chunk=64, pause=0.03),
    "stalling": everybody("slow", chunk=1, pause=0.5),
    "slow answer": everybody("slow", chunk=1, pause=1.5, side="answer"),
    "cut at connect": everybody("cut", "connect"),
    "cut after the first byte": everybody("cut", "begun"),
    "cut in the request": everybody("cut", "mid"),
    "cut before the answer": everybody("cut", "whole"),
    "cut in the answer": everybody("cut", "answer"),
    "refuses for now": answers(503, smtp=451, snpp=421, pcd04=1, wctp=1606),
    "refuses for ever": answers(400, smtp=550, snpp=550, pcd04=2, wctp=1403),
    "takes it and says 5xx": answers(500, told=True),
    "unknown authority": dict.fromkeys(TLS, Fault("certificate", certificate="unknown")),
    "another's certificate": dict.fromkeys(OWN_CA, Fault("certificate", certificate="other")),
    "expired certificate": dict.fromkeys(OWN_CA, Fault("certificate", certificate="expired")),
    "taken, never delivered": everybody("undelivered"),
    "delivered twice": everybody("twice"),
    "overtaken": everybody("overtaken", pause=2.0),
}
# The page may be thought of as taken: nobody can tell from outside.
TAKEN = ("slow", "taken, never delivered", "delivered twice", "overtaken")
# Nobody is there: that is a technical alarm of its own, also without any page.
UNREACHABLE = ("refused", "reset", "black hole", "stalling", "cut at connect")
# What `magwatch pages list` says of the page. How a broken connection looks depends on the moment.
BROKEN = "^(closed without a reply|connection lost|cannot connect|no connection|no reply to (the connection|[A-Z0-9]+))$"
WORDS = {
    "refused": "^connection refused$",
    "reset": BROKEN,
    "black hole": "^(no reply in 10 s|no conversation in 10 s|no acknowledgement|no reply to the connection)$",
    "slow": "^(HTTP 200|SMTP 250|SNPP 250 to SEND|HL7 CA|WCTP 200)$",
    "stalling": "^(no reply in 10 s|no conversation in 10 s|no acknowledgement|no reply to [A-Z0-9]+)$",
    "slow answer": "^(no reply in 10 s|no conversation in 10 s|no acknowledgement|no reply to the connection)$",
    "cut at connect": BROKEN,
    "cut after the first byte": BROKEN,
    "cut in the request": BROKEN,
    "cut before the answer": BROKEN,
    "cut in the answer": "^(closed without a reply|no HTTP in reply|no reply to SEND|no WCTP)$",
    "refuses for now": "^(HTTP 503|SMTP 451|SNPP 421 to SEND|HL7 CE|WCTP 606)$",
    "refuses for ever": "^(HTTP 400|SMTP 550|SNPP 550 to SEND|HL7 CR|WCTP 403)$",
    "takes it and says 5xx": "^HTTP 500$",
    "unknown authority": "^certificate refused$",
    "another's certificate": "^certificate refused$",
    "expired certificate": "^certificate refused$",
    "taken, never delivered": "^(HTTP 200|SMTP 250|SNPP 250 to SEND|HL7 CA|WCTP 200)$",
    "delivered twice": "^(HTTP 200|SMTP 250|SNPP 250 to SEND|HL7 CA|WCTP 200)$",
    "overtaken": "^(HTTP 200|SMTP 250|SNPP 250 to SEND|HL7 CA|WCTP 200)$",
}
# The receiver refused in so many words: nothing was delivered, and it may be asked again.
REFUSES = ("refuses for now", "refuses for ever")


def make_certificates(folder):
    """unknown, good, other and expired: {name: (certificate, key)}, and the authority of all but the first as "ca"."""
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    def key(name):
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / f"{name}.key")
    made = {}
    for name in ("ca", "unknown"):
        key(name)
        openssl("req", "-x509", "-new", "-key", folder / f"{name}.key", "-days", 30, "-subj", f"/CN={name}", "-addext",
                "subjectAltName=IP:127.0.0.1", "-out", folder / f"{name}.crt")
        made[name] = (str(folder / f"{name}.crt"), str(folder / f"{name}.key"))
    for name, host, begins, ends in (("good", "IP:127.0.0.1", "20250101000000Z", "20491231235959Z"),
                                     ("other", "DNS:pager.example", "20250101000000Z", "20491231235959Z"),
                                     ("expired", "IP:127.0.0.1", "20200101000000Z", "20210101000000Z")):
        key(name)
        openssl("req", "-new", "-key", folder / f"{name}.key", "-subj", f"/CN={name}", "-out", folder / f"{name}.csr")
        (folder / f"{name}.ext").write_text(f"subjectAltName={host}\n")
        work = folder / f"{name}.d"
        work.mkdir()
        (work / "index").write_text("")
        (work / "ca.cnf").write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={work}/index\nnew_certs_dir={work}\n"
                                     "default_md=sha256\npolicy=p\nrand_serial=yes\n[p]\ncommonName=supplied\n")
        openssl("ca", "-batch", "-config", work / "ca.cnf", "-cert", folder / "ca.crt", "-keyfile", folder / "ca.key",
                "-in", folder / f"{name}.csr", "-extfile", folder / f"{name}.ext", "-startdate", begins, "-enddate",
                ends, "-notext", "-out", folder / f"{name}.crt")
        made[name] = (str(folder / f"{name}.crt"), str(folder / f"{name}.key"))
    return made


class FaultyWard(Ward):
    """A ward each of whose channels goes through the same fault."""

    def __init__(self, binary, faults, shop):
        super().__init__(binary)
        self.faults, self.house = faults, shop.house
        self.proxies = {kind: shop.house.add(shop.peers[KINDS[kind].peer].to, KINDS[kind].protocol, shop.fault(fault))
                        for kind, fault in faults.items()}
        key = self.directory / "hook.key"
        second = f'{{ kind = "webhook", name = "second", url = "http://127.0.0.1:{self.receiver.port}/page", ' \
                 f'secret = "file:{key}" }}'
        people, sections = "", ""
        for kind, proxy in self.proxies.items():
            tls = faults[kind].kind == "certificate"
            ca = f'ca_file = "{shop.certificates["ca"][0]}"' if tls and KINDS[kind].own_ca else ""
            words = {"port": proxy.port, "key": key, "scheme": "https" if tls else "http", "ca": ca,
                     "tls": "true" if tls else "false"}
            people += (f'[[person]]\nname = "{kind}"\nrole = "first"\n'
                       f'channels = [{{ {KINDS[kind].entry.format(**words)}, name = "first" }}, {second}]\n')
            sections += KINDS[kind].section.format(**words)
        config = (self.directory / "magwatch.toml").read_text()
        begin, end = config.index("[[person]]"), config.index("[rules]")
        (self.directory / "magwatch.toml").write_text(
            config[:begin] + people + f'[[person]]\nname = "midwife-1"\nrole = "charge"\nchannels = [{second}]\n'
            f'[escalation.high]\nrungs = [["first"], ["charge"]]\nwait = "{RUNG} s"\n' + sections + config[end:])

    def end_faults(self, shop):
        for kind, proxy in self.proxies.items():
            tls = self.faults[kind].kind == "certificate"
            self.house.set(proxy, shop.fault(Fault("certificate", certificate="good")) if tls else Fault())

    def pages(self, person, channel, reason="first"):
        return [page for page in self.json("pages")["pages"]
                if page["person"] == person and page["channel"] == channel and page["kind"] == "physiological" and
                (reason is None or page["reason"] == reason)]

    def told(self, person):
        """When the receiver that works was told of the patient: [(seconds, key)]."""
        return [(seconds(one["received"]), one["page"]["key"]) for one in self.receiver.arrived()
                if one["page"].get("kind") == "physiological" and f"/{person}/" in one["page"]["key"]]

    def sends(self, kind):
        """How often each key was on the wire, whole: {key: [requests]}."""
        found = collections.defaultdict(list)
        for seen in self.proxies[kind].requests:
            for key in re.findall(KINDS[kind].key, seen["request"]):
                found[key].append(seen)
        return found


class Shop:
    """What all wards share: receivers, proxies, certificates."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="magwatch-test-")
        folder = pathlib.Path(self.folder.name)
        (folder / "well").write_text('{"healthy": true}')
        self.certificates = make_certificates(folder)
        self.house = House()
        self.peers = {"http": Peer("plain_peer.py", f"200:@{folder}/well"), "wctp": Peer("wctp_peer.py", "success"),
                      "smtp": Peer("smtp_peer.py"), "mllp": Peer("pcd_peer.py", "CA"),
                      "snpp": Peer("snpp_fault_peer.py", "220 ready", "250 OK")}

    def fault(self, fault):
        if fault.kind != "certificate":
            return fault
        certificate, key = self.certificates[fault.certificate]
        return dataclasses.replace(fault, certificate=certificate, key=key)

    def close(self):
        self.house.close()
        for peer in self.peers.values():
            peer.close()
        self.folder.cleanup()


def run(shop, binary, name):
    """One fault through all its kinds: {kind: what was seen}."""
    with FaultyWard(binary, FAULTS[name], shop) as ward:
        ward.doing = name
        ward.start()
        ward.ready()
        ward.watch()
        ward.must("entries", {"key": "k-rate", "bed": "bed-1", "person": "midwife-1", "kind": "infusion", "value": 1,
                              "unit": "g/h"})
        ward.must("entries", {"key": "k-reflex", "bed": "bed-1", "person": "midwife-1", "kind": "reflex",
                              "site": "knee", "value": 0})
        rung = wait_for(f"{name}: next rung", lambda: ward.told("midwife-1"), RUNG + 60)[0][0]
        seen = {kind: first_page(ward, name, kind) for kind in ward.proxies}
        assert ward.json("calls")["calls"][0]["state"] == "calling", "nobody came, and nobody is called any more"
        for kind in seen:
            seen[kind]["rung"] = rung - seen[kind]["begin"]
        if name in UNREACHABLE:
            wait_for(f"{name}: told as a fault", lambda: any(
                "does not answer" in fault["detail"] for fault in ward.json("status")["faults"]), SILENT_MAX)
            assert "channel" in json.loads(ward.get("/readyz")[1])["faults"], ward.get("/readyz")
        recover(shop, ward, name, seen)
        metrics = ward.get("/metrics")[1].decode()
        for kind, one in seen.items():
            sends = ward.sends(kind)
            one["keys"], one["pages"] = len(sends), len(ward.pages(kind, "first", None))
            one["during"] = max((sum(r["at"] < one["ended"] for r in requests) for requests in sends.values()), default=0)
            one["sends"] = max((len(requests) for requests in sends.values()), default=0)
            one["arrived"] = max((sum(r["forwarded"] for r in requests) for requests in sends.values()), default=0)
            one["counted"] = " ".join(re.findall(r'(?m)^magwatch_pages_total\{(.*)\} [1-9]', metrics))
        assert ward.process.poll() is None, "magwatchd ended"
        return seen


def first_page(ward, name, kind):
    """What became of the page of the first rung, and when the person's second channel rang."""
    second = wait_for(f"{name}: second channel of {kind}", lambda: ward.told(kind), 60)[0][0]
    page = wait_for(f"{name}: outcome of {kind}", lambda: [p for p in ward.pages(kind, "first") if p["outcome"]],
                    RESOLVED_MAX)[0]
    begin = seconds(page["at"])
    return {"begin": begin, "second": second - begin, "outcome": page["outcome"], "detail": page["detail"]}


def recover(shop, ward, name, seen):
    """The fault is over: a new sign is told through every channel, and a person at the bed ends it."""
    ward.end_faults(shop)
    ended = time.time()
    ward.must("entries", {"key": "k-rr", "bed": "bed-1", "person": "midwife-1", "kind": "rr", "value": 6,
                          "unit": "/min"})
    for kind, one in seen.items():
        one["ended"] = ended
        # Nothing in a configuration makes these trust our authority: they stay refused.
        if ward.faults[kind].kind == "certificate" and not KINDS[kind].own_ca:
            continue
        page = wait_for(f"{name}: {kind} after the fault", lambda kind=kind: [
            p for p in ward.pages(kind, "first", "new_sign") if p["outcome"] == "accepted"], 60)[0]
        assert any(r["at"] >= ended for r in ward.proxies[kind].requests), f"{name}: {kind} said to have taken {page}"
    call = ward.json("calls")["calls"][0]
    ward.must(f"calls/{call['id']}/answer", {"person": "midwife-1", "answer": "here"})
    wait_for(f"{name}: a person at the bed", lambda: ward.json("calls")["calls"][0]["state"] == "attended", 30)


def span(numbers, form):
    low, high = form.format(min(numbers)), form.format(max(numbers))
    return low if low == high else f"{low} to {high}"


def table(seen):
    """What was seen, in Markdown: channels to which the same became of the page share a line."""
    lines = ["| Fault | Channels | The page is | because | Next channel after, s | Whole requests of one key |",
             "|---|---|---|---|---|---|"]
    for name, kinds in seen.items():
        for outcome in sorted({one["outcome"] for one in kinds.values()}):
            ones = {kind: one for kind, one in kinds.items() if one["outcome"] == outcome}
            words = ", ".join(dict.fromkeys(one["detail"] for one in ones.values()))
            counts = [one["during"] for kind, one in ones.items() if kind != "alertmanager"]
            lines.append(f"| {name} | {'all' if len(ones) == len(KINDS) else ', '.join(ones)} | {outcome} | {words} | "
                         f"{span([one['second'] for one in ones.values()], '{:.1f}')} | {span(counts, '{}')} |")
    return "\n".join(lines) + "\n"


class Faults(unittest.TestCase):
    seen = {}

    @classmethod
    def setUpClass(cls):
        shop = Shop()
        try:
            with concurrent.futures.ThreadPoolExecutor(len(OPTIONS.names)) as pool:
                begun = {name: pool.submit(run, shop, OPTIONS.magwatchd, name) for name in OPTIONS.names}
                cls.seen = {}
                cls.failed = {}
                for name, one in begun.items():
                    try:
                        cls.seen[name] = one.result()
                    except Exception as problem:  # the others still tell
                        cls.failed[name] = problem
        finally:
            shop.close()
        if OPTIONS.table:
            pathlib.Path(OPTIONS.table).write_text(table(cls.seen))

    def each(self, judge):
        for name, kinds in self.seen.items():
            for kind, one in kinds.items():
                with self.subTest(fault=name, channel=kind):
                    judge(name, kind, one)

    def test_every_ward_lived_to_the_end(self):
        self.assertEqual(self.failed, {})

    def test_the_second_channel_rings_in_time(self):
        def judge(name, _, one):
            self.assertEqual(one["outcome"] == "accepted", name in TAKEN, one)
            limit = RECEIPT_MAX if name in TAKEN else SECOND_MAX
            self.assertLessEqual(one["second"], limit * OPTIONS.slower, one)
        self.each(judge)

    def test_the_next_rung_is_paged_in_time(self):
        self.each(lambda name, kind, one: self.assertLessEqual(one["rung"], RUNG + 5 * OPTIONS.slower))

    def test_nobody_is_told_the_same_more_than_twice(self):
        def judge(name, kind, one):
            if kind == "alertmanager":
                # Each telling holds all that stands; what rings is that one is new, and none is new twice.
                self.assertLessEqual(one["keys"], one["pages"], one)
            elif name in REFUSES:
                self.assertLessEqual(one["arrived"], 2, one)
            else:
                # An alarm manager on a new connection hears once more what stands, under the same id.
                self.assertLessEqual(one["sends"], 3 if kind == "pcd04" else 2, one)
        self.each(judge)

    def test_what_went_wrong_is_said_in_plain_words(self):
        def judge(name, kind, one):
            self.assertRegex(one["detail"], WORDS[name], one)
            self.assertRegex(one["counted"], f'channel="{kind}",result="{one["outcome"]}"')
        self.each(judge)


class Proxied(unittest.TestCase):
    """What the proxy says of itself, where no ward would show it."""

    def test_an_overtaken_request_arrives_after_the_next_one(self):
        arrived = []

        class Receiver(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                arrived.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
        threading.Thread(target=receiver.serve_forever, daemon=True).start()
        house = House()
        self.addCleanup(receiver.server_close)
        self.addCleanup(receiver.shutdown)
        self.addCleanup(house.close)
        proxy = house.add(receiver.server_address, "http", Fault("overtaken", pause=60.0))

        def send(text):
            line = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
            line.request("POST", "/", text)
            line.getresponse().read()
            line.close()
        first = threading.Thread(target=send, args=("first",))
        first.start()
        wait_for("the first to wait", lambda: proxy.ahead, 60)
        send("second")
        first.join()
        self.assertEqual(arrived, ["second", "first"])


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("magwatchd")
    parser.add_argument("--slower", type=float, default=1)
    parser.add_argument("--table", help="a Markdown file to write")
    parser.add_argument("names", nargs="*", default=list(FAULTS))
    found = parser.parse_intermixed_args()
    if unknown := [name for name in found.names if name not in FAULTS]:
        parser.error(f"no fault {unknown[0]!r}: {', '.join(FAULTS)}")
    return found


if __name__ == "__main__":
    OPTIONS = options()
    unittest.main(argv=sys.argv[:1], verbosity=2)
