#!/usr/bin/python3
"""Debian's Prometheus scrapes a demo ward by the example's configuration, and every expression finds series in it.

  live_test.py REPOSITORY FOLDER_OF_PROGRAMS

The demo sends nothing that is encrypted: the test gives its ward an outside receiver of heartbeats over TLS, with an
authority of its own, by a change of the configuration and a reload.
Expressions of alerts without their comparisons, those of boards with everything chosen. A calm ward fires nothing but
the watchdog; what a board asks its variables for is there; names of metrics pass `promtool check metrics`.
"""
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

import yaml

from boards import Grafana, filled, without_comparisons

REPOSITORY, PROGRAMS = sys.argv[1], sys.argv[2]
sys.path.insert(0, os.path.join(REPOSITORY, "tests/support"))
from ports import free_port  # noqa: E402
grafana = Grafana(REPOSITORY)
DEADLINE_S = 90
# No proxy of the environment may stand between two programs of one machine.
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fetch(url, body=None, headers=None):
    request = urllib.request.Request(url, data=body, headers=headers or {})
    with opener.open(request, timeout=10) as reply:
        return reply.read().decode()


def until(what, condition, seconds=DEADLINE_S):
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise SystemExit("never happened within %d s: %s" % (seconds, what))
        time.sleep(0.2)


class Child:
    def __init__(self, command, log):
        self.log = log
        with open(log, "w", encoding="utf-8") as file:
            # Not a terminal, and a group of its own: Ctrl-C reaches this script alone.
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                                            start_new_session=True)

    def text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def demo_ready(demo):
    if demo.process.poll() is not None:
        raise SystemExit("the demo ended:\n" + demo.text())
    found = re.search(r"health (http://127\.0\.0\.1:\d+)/healthz", demo.text())
    return found and "charts reflexes" in demo.text() and found.group(1)


def enter_level(base):
    """The laboratory has spoken once: no other value of the demo is missing."""
    drawn = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    entry = {"key": "live-test-1", "bed": "bed-1", "person": "midwife", "kind": "level", "value": 1.9, "unit": "mmol/L",
             "drawn_at": drawn}
    fetch(base + "/api/v1/entries", json.dumps(entry).encode(),
          {"Content-Type": "application/json", "X-Magwatch-Client": "live-test"})


def outside_receiver(folder):
    """A receiver of heartbeats over TLS; its certificate is its own authority and ends after 90 days."""
    certificate, key = os.path.join(folder, "receiver.pem"), os.path.join(folder, "receiver.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                    "90", "-subj", "/CN=magwatch test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key,
                    "-out", certificate], check=True, capture_output=True)
    peer = os.path.join(REPOSITORY, "tests", "integration", "pagers", "plain_peer.py")
    receiver = Child(["/usr/bin/python3", peer, "--tls", certificate, key, "200"], os.path.join(folder, "receiver.log"))
    return receiver, certificate


def daemon_of(demo):
    """The process that the demo's director started."""
    pid = demo.process.pid
    with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
        children = [int(child) for child in file.read().split()]
    for child in children:
        with open("/proc/%d/cmdline" % child, "rb") as file:
            if os.path.basename(file.read().split(b"\0")[0]) == b"magwatchd":
                return child
    raise SystemExit("the demo has no magwatchd among %s" % children)


def tell_outside(demo, demo_folder, receiver, certificate):
    """The ward's configuration names the receiver from now on, and magwatchd has sent to it."""
    port = until("the receiver is ready", lambda: re.search(r"READY (\d+)", receiver.text())).group(1)
    config = os.path.join(demo_folder, "magwatch.toml")
    with open(config, "a", encoding="utf-8") as file:
        file.write('\n[[heartbeat]]\nname = "outside"\nkind = "healthchecks"\nurl = "https://127.0.0.1:%s/ping"\n'
                   'ca_file = "%s"\n' % (port, certificate))
    os.kill(daemon_of(demo), signal.SIGHUP)
    until("a heartbeat came", lambda: "/ping" in receiver.text())


def configuration(folder, ward):
    """The example, with this ward's address and shorter times; it rings nobody."""
    config = grafana.yaml("prometheus", "prometheus.example.yml")
    config["global"].update({"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"})
    config["rule_files"] = [grafana.rules_file]
    del config["alerting"]
    for job in config["scrape_configs"]:
        job["static_configs"][0]["targets"] = [ward]
    path = os.path.join(folder, "prometheus.yml")
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(config, file)
    return path


class Prometheus:
    def __init__(self, folder, ward):
        port = free_port()
        self.base = "http://127.0.0.1:%d" % port
        self.child = Child(["prometheus", "--config.file=" + configuration(folder, ward), "--log.level=warn",
                            "--storage.tsdb.path=" + os.path.join(folder, "tsdb"),
                            "--web.listen-address=127.0.0.1:%d" % port], os.path.join(folder, "prometheus.log"))

    def ask(self, what, **parameters):
        query = urllib.parse.urlencode(parameters, doseq=True)
        try:
            return json.loads(fetch(self.base + "/api/v1/" + what + ("?" + query if query else "")))["data"]
        except urllib.error.HTTPError as error:
            raise SystemExit("%s: %s" % (parameters, error.read().decode())) from None

    def ready(self):
        if self.child.process.poll() is not None:
            raise SystemExit("Prometheus ended:\n" + self.child.text())
        try:
            fetch(self.base + "/-/ready")
            return True
        except OSError:
            return False

    def series(self, expression):
        found = self.ask("query", query=expression)
        return 1 if found["resultType"] == "scalar" else len(found["result"])


def every_query(prometheus):
    """(where, expression): of the rules as Prometheus took them, of the boards, and of the boards' variables."""
    rules = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert len(rules) == len(grafana.rules()), "Prometheus took %d rules" % len(rules)
    for rule in rules:
        yield "alert " + rule["name"], without_comparisons(rule["query"])
    for where, expression in grafana.expressions():
        yield where, without_comparisons(filled(expression))
    for name, board in grafana.boards().items():
        for variable in board["templating"]["list"]:
            if variable["type"] != "query":
                continue
            selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
            yield "%s, variable %s" % (name, variable["name"]), "count by (%s) (%s)" % (label, filled(selector))


def all_found(prometheus):
    queries = list(every_query(prometheus))
    assert len(queries) > 100, "only %d expressions" % len(queries)
    # A query that finds nothing is told as such: or this test would prove nothing.
    assert prometheus.series("magwatch_no_such_metric") == 0
    missing = list(queries)
    deadline = time.monotonic() + DEADLINE_S
    while True:
        missing = [(where, query) for where, query in missing if prometheus.series(query) == 0]
        if not missing:
            print("%d expressions found series" % len(queries))
            return
        if time.monotonic() > deadline:
            raise SystemExit("no series:\n" + "\n".join("%s: %s" % one for one in missing))
        time.sleep(0.5)


def nothing_is_wrong(prometheus):
    sick = [rule for group in prometheus.ask("rules")["groups"] for rule in group["rules"] if rule["health"] != "ok"]
    assert not sick, sick
    firing = sorted(a["labels"]["alertname"] for a in prometheus.ask("alerts")["alerts"] if a["state"] == "firing")
    assert firing == ["MagwatchWatchdog"], "a calm ward fires %s" % firing
    down = [t for t in prometheus.ask("targets")["activeTargets"] if t["health"] != "up"]
    assert not down, down


def names_are_good(base):
    for path in ("/metrics", "/metrics/clinical"):
        checked = subprocess.run(["promtool", "check", "metrics"], input=fetch(base + path), capture_output=True,
                                 text=True, check=False)
        assert checked.returncode == 0 and not checked.stderr, path + ":\n" + checked.stdout + checked.stderr


def main():
    folder = tempfile.mkdtemp(prefix="mw-live-")
    children = []
    try:
        demo = Child([os.path.join(REPOSITORY, "tools", "demo"), "--bin", PROGRAMS, "--calm", "--ports", "auto", "--keep",
                      os.path.join(folder, "demo")], os.path.join(folder, "demo.log"))
        children.append(demo)
        receiver, certificate = outside_receiver(folder)
        children.append(receiver)
        base = until("the demo is ready", lambda: demo_ready(demo))
        tell_outside(demo, os.path.join(folder, "demo"), receiver, certificate)
        prometheus = Prometheus(folder, base.split("//")[1])
        children.append(prometheus.child)
        enter_level(base)
        until("Prometheus is ready", prometheus.ready)
        until("Prometheus took the rules", lambda: prometheus.ask("rules")["groups"])
        all_found(prometheus)
        nothing_is_wrong(prometheus)
        names_are_good(base)
    finally:
        for child in reversed(children):
            child.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
