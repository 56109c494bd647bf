#!/usr/bin/python3
"""Debian's Alertmanager on loopback, with the route that is shipped, and what it says about itself.

  alertmanager_peer.py     prints "READY PORT" once it answers

Then JSON objects: {"amtool": [alerts that ring, as amtool sees them]} several times a second, and {"notified":
"firing" or "resolved", "labels": ...} for every notification that leaves through the shipped route.
"""
import ctypes
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

here = os.path.dirname(os.path.abspath(__file__))
route = os.path.join(here, "..", "..", "..", "grafana", "alertmanager-route.yml")
lock = threading.Lock()


def say(thing):
    with lock:
        print(json.dumps(thing), flush=True)


class Receiver(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_POST(self):
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        for alert in told["alerts"]:
            say({"notified": alert["status"], "labels": alert["labels"], "annotations": alert["annotations"],
                 "receiver": told["receiver"], "path": self.path})
        self.send_response(200)
        self.end_headers()


receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
folder = tempfile.TemporaryDirectory()
with open(route) as file:
    text = file.read()
# The shipped route, with its receivers moved to this machine.
text, moved = re.subn(r"https://[a-z.-]+", f"http://127.0.0.1:{receiver.server_address[1]}", text)
assert moved, "the shipped route names no receiver over https"
configuration = os.path.join(folder.name, "alertmanager.yml")
with open(configuration, "w") as file:
    file.write(text)
subprocess.run(["amtool", "check-config", configuration], check=True, stdout=subprocess.DEVNULL)


def end_with_us():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: a test ends its peers by SIGKILL


def start():
    """On a port that was free a moment ago; if somebody was faster, on another."""
    for _ in range(5):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as probe:
            port = probe.server_address[1]
        process = subprocess.Popen(["prometheus-alertmanager", f"--config.file={configuration}",
                                    f"--storage.path={folder.name}/data", f"--web.listen-address=127.0.0.1:{port}",
                                    "--cluster.listen-address=", "--log.level=error"],
                                   preexec_fn=end_with_us)
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5).close()
                return process, port
            except OSError:
                time.sleep(0.05)
        process.kill()
        process.wait()
    sys.exit("Alertmanager does not start")


process, port = start()
print(f"READY {port}", flush=True)
while process.poll() is None:
    alerts = subprocess.run(["amtool", "alert", "query", f"--alertmanager.url=http://127.0.0.1:{port}", "-o", "json"],
                            capture_output=True, check=False)
    if alerts.returncode == 0:
        say({"amtool": json.loads(alerts.stdout)})
    time.sleep(0.3)
