"""A real magwatchd with a page receiver of its own, for tests that kill it. Python's standard library only."""
import base64
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from receivers import ROOT, Receiver

sys.path.insert(0, str(ROOT / "tests/support"))
from delays import Delay  # noqa: E402
from ports import free_port, free_ports  # noqa: E402, F401: tests take them from here


def wait_for(what, condition, seconds):
    """The condition's value as soon as it is true; fails the test after so many seconds: a number, or a function where they
    become more while it waits."""
    began = time.monotonic()
    while True:
        value = condition()
        if value:
            return value
        limit = seconds() if callable(seconds) else seconds
        if time.monotonic() - began > limit:
            raise AssertionError(f"{what}: not within {limit:.1f} s")
        time.sleep(0.01)


def seconds(iso):
    """Since 1970, of a time as the receiver and the daemon write it."""
    return datetime.datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp()


class Ward:
    """One magwatchd that can be killed and started again on the same state. In a `with` it is closed at the end, and a
    failure says what it was `doing` and what it had logged."""
    doing = ""
    deaths_count = False  # for safe mode: those of a test are not its own, but as if it had lived for long

    def __init__(self, binary, beds=1):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="magwatch-test-"))
        self.binary = binary
        key = self.directory / "hook.key"
        key.write_text("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        key.chmod(0o600)
        self.receiver = Receiver(self.directory, key)
        self.port = free_port()
        shutil.copyfile(ROOT / "rules/packs/example.toml", self.directory / "example.toml")
        shutil.copyfile(ROOT / "rules/protocol/example.protocol.toml", self.directory / "example.protocol.toml")
        bed = "".join(f'[[bed]]\nalias = "bed-{i}"\nplace = "Ward L4 Bed {i}"\n' for i in range(1, beds + 1))
        (self.directory / "magwatch.toml").write_text(f'''
[ward]
name = "l4"
label = "Ward L4"
mode = "demo"
phone = "4471"
{bed}
[[person]]
name = "midwife-1"
role = "bedside"
channels = [{{ kind = "webhook", url = "http://127.0.0.1:{self.receiver.port}/page", secret = "file:{key}" }}]
[escalation.high]
rungs = [["bedside"]]
wait = "60 s"
[rules]
pack = "example.toml"
[protocol]
file = "example.protocol.toml"
[http]
listen = "127.0.0.1:{self.port}"
socket = "{self.directory}/magwatchd.sock"
[journal]
directory = "{self.directory}/state"
''')
        self.process = None
        self.signs = 0  # that were charted by page_of_a_sign
        self.extra = []  # further arguments
        self.prefix = []  # a program that runs the daemon
        self.output = open(self.directory / "daemon.log", "ab")

    def start(self, binary=None, **environment):
        self.started = time.monotonic()
        if not self.deaths_count:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                (self.directory / "state/starts").unlink()
        command = self.prefix + [binary or self.binary, "--config", str(self.directory / "magwatch.toml")]
        # A test may itself run under a service manager: this daemon is not its service.
        ours = {name: value for name, value in os.environ.items()
                if name not in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY")}
        self.process = subprocess.Popen(command + self.extra, env={**ours, **environment}, stdout=self.output,
                                        stderr=self.output)
        self.delay = Delay(self.process.pid, from_its_start=True)

    def within(self, bar, slower=1, since=None):
        """The seconds of a bar and what the machine has delayed since the start, or a Delay; to be asked again."""
        delay = since or self.delay
        return lambda: bar * slower + delay.seconds()

    def since_now(self):
        return Delay(self.process.pid)

    def ready(self):
        wait_for("ready", lambda: self.process.poll() is not None or self.get("/readyz")[0] == 200, 60)
        assert self.process.poll() is None, self.daemon_log()
        return time.monotonic() - self.started

    def kill(self):
        # A daemon that had already ended by itself is a fault that the kill must not hide.
        assert self.process.poll() is None, f"magwatchd ended by itself: {self.process.poll()}"
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def daemon_log(self):
        return (self.directory / "daemon.log").read_text(errors="replace")[-4000:]

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            return reply.status, reply.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def json(self, path):
        status, body = self.get("/api/v1/" + path)
        assert status == 200, (path, status, body)
        return json.loads(body)

    def post(self, path, body, tcp=False):
        """(status, answer); status 0 if nobody was there to answer. By the Unix socket, where no PIN is asked for."""
        connection = http.client.HTTPConnection("localhost", self.port, timeout=10)
        try:
            if not tcp:
                connection.sock = socket.socket(socket.AF_UNIX)
                connection.sock.settimeout(10)
                connection.sock.connect(str(self.directory / "magwatchd.sock"))
            connection.request("POST", "/api/v1/" + path, json.dumps(body),
                               {"Content-Type": "application/json", "X-Magwatch-Client": "test"})
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()

    def must(self, path, body):
        status, answer = self.post(path, body)
        assert status in (200, 201), (path, status, answer)
        return answer

    def watch(self, bed=1):
        self.must("watch/start", {"bed": f"bed-{bed}", "person": "midwife-1",
                                  "calcium_at_bed": True, "hammer_at_bed": True, "oxygen_at_bed": True})

    def chart(self, bed=1, **what):
        """The (status, answer) of an entry of the midwife's; without a key of its own its kind is one."""
        return self.post("entries", {"key": f"{bed}-{what['kind']}", "bed": f"bed-{bed}", "person": "midwife-1"} | what)

    def ring(self, bed=1):
        """A reflex that is lost while magnesium runs: a high call of a watched bed."""
        for what in ({"kind": "infusion", "value": 1, "unit": "g/h"}, {"kind": "reflex", "site": "knee", "value": 0}):
            status, answer = self.chart(bed, **what)
            assert status in (200, 201), (status, answer)

    def with_rule(self, rule):
        """The beds at which it rings."""
        return {a["bed"] for a in self.json("alarms")["alarms"] if a["rule"] == rule}

    def calls(self):
        return self.json("calls")["calls"]

    def page_of_a_sign(self, receivers=()):
        """Seconds from a sign that is charted at the first bed to its page's arrival at one of the receivers, by default the
        ward's own; the episode is over then."""
        self.signs += 1
        def calls_of_her():
            return [call for call in self.calls() if call["bed"] == "bed-1" and call["kind"] == "physiological"]

        def arrived():
            calls = {call["id"] for call in calls_of_her()}
            return any(a["page"]["key"].split("/")[0] in calls for receiver in receivers or (self.receiver,)
                       for a in receiver.arrived())
        began = time.monotonic()
        status, answer = self.chart(key=f"low-{self.signs}", kind="avpu", value="unresponsive")
        assert status == 200, answer
        wait_for("page", arrived, 60)
        took = time.monotonic() - began
        status, answer = self.chart(key=f"well-{self.signs}", kind="avpu", value="alert")
        assert status == 200, answer
        self.must(f"calls/{calls_of_her()[0]['id']}/answer", {"person": "midwife-1", "answer": "here"})
        for alarm in self.json("alarms")["alarms"]:
            if alarm["bed"] == "bed-1":
                self.must(f"alarms/{alarm['id']}/acknowledge", {"person": "midwife-1"})
        wait_for("its end", lambda: not calls_of_her(), 60)
        return took

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if isinstance(error, Exception):
                raise AssertionError(f"{self.doing}: {error!r}\n{self.daemon_log()}") from error
        finally:
            self.close()

    def close(self):
        try:
            if self.process and self.process.poll() is None:
                self.process.terminate()
                status = self.process.wait(60)
                assert status == 0, f"magwatchd ended with {status}: {self.daemon_log()}"
        finally:
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.receiver.stop()
            self.output.close()
            shutil.rmtree(self.directory, ignore_errors=True)


class ChartingWard(Ward):
    """A ward that remembers what it was told is stored."""

    def __init__(self, binary, beds=1):
        super().__init__(binary, beds)
        self.confirmed, self.number, self.answer = [], 100, None

    def enter(self):
        """Whether one more entry of the first bed was confirmed; else why not is in `answer`."""
        self.number += 1
        value = self.number % 5000  # more is implausible
        status, self.answer = self.chart(1, key=f"urine-{self.number}", kind="urine", value=value, unit="mL")
        if status in (200, 201):
            self.confirmed.append(value)
        return status in (200, 201)

    def missing(self):
        """Of the newest that were confirmed; older ones make room in what is shown."""
        texts = {entry["text"] for entry in self.json("beds/bed-1/chart")["entries"]}
        return [value for value in self.confirmed[-150:] if f"urine {value} mL" not in texts]

    def heard(self):
        """The keys of the pages about patients."""
        return [a["page"]["key"] for a in self.receiver.arrived() if a["page"]["kind"] == "physiological"]

    def open_call(self):
        """The first bed is watched, and somebody is called to it."""
        self.watch()
        self.ring()
        wait_for("a page", self.heard, 60)


def on_one_watched_bed(binary, *acts):
    """Each act in its turn, with the same ward, whose one bed is watched."""
    with Ward(binary) as ward:
        ward.start()
        ward.ready()
        ward.watch()
        for act in acts:
            ward.doing = act.__name__
            act(ward)
    print("ok")


def on_a_ward(ward, more):
    """Makes the demo of the tests a ward: a site's pack, an approved protocol, and this configuration besides."""
    directory, config = ward.directory, ward.directory / "magwatch.toml"
    for name in ("minimal.toml", "minimal.test.toml"):
        shutil.copy(ROOT / "rules/packs" / name, directory / name)
    protocol = directory / "example.protocol.toml"
    protocol.write_text(protocol.read_text().replace("\nexample = true\n",
                                                     '\napprover = "Dr A. Lead"\napproved = "2026-05-01"\n'))
    config.write_text(config.read_text().replace('mode = "demo"', 'mode = "ward"')
                      .replace('pack = "example.toml"', 'pack = "minimal.toml"') + more)


class WardTest(unittest.TestCase):
    """Tests of one ward each, that is not yet started: a class of them names its `binary`."""
    binary = None
    beds = 1

    def setUp(self):
        self.ward = Ward(self.binary, self.beds)
        self.addCleanup(self.ward.close)
        self.config = self.ward.directory / "magwatch.toml"

    def start(self):
        self.ward.start()
        self.ward.ready()

    def pages(self, bed="bed-1"):
        """Those about a bed that have arrived."""
        return [a["page"] for a in self.ward.receiver.arrived() if a["page"].get("bed") == bed]
