#!/usr/bin/python3
"""The whole path of a message: MLLP, decoded, stepped through the rules, acknowledged after the commit.

  bench_ward.py BIN_DIR [--connections N] [--seconds S] [--state DIR]

Starts magwatchd with one bed for each connection and drives it with bench_mllp_load; run bench_mllp beside it
for the bare parse-and-answer floor. --state is the journal's folder: /dev/shm leaves the disk out.
"""
import argparse
import base64
import json
import pathlib
import secrets
import socket
import subprocess
import tempfile
import time
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def post(port, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1/{path}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json", "X-Magwatch-Client": "bench"})
    return urllib.request.urlopen(request, timeout=5).read()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--state", default="/dev/shm")
    arguments = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parents[3]
    http, mllp = free_port(), free_port()
    with tempfile.TemporaryDirectory(dir=arguments.state) as folder:
        folder = pathlib.Path(folder)
        key = folder / "key"
        key.write_text("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
        key.chmod(0o600)
        beds = range(arguments.connections)
        (folder / "magwatch.toml").write_text(
            '[ward]\nname = "bench"\nlabel = "Bench"\nmode = "demo"\n' +
            "".join(f'[[bed]]\nalias = "bed-{i}"\nplace = "Bed {i}"\n' for i in beds) +
            f'[hl7]\nlisten = "127.0.0.1:{mllp}"\n[[hl7.source]]\nname = "gateway"\napplication = "MONITOR"\n'
            'bed_pattern = "PV1-3.2"\nbeds = { ' + ", ".join(f'"{i}" = "bed-{i}"' for i in beds) + ' }\n' +
            f'''[[person]]
name = "midwife-1"
role = "bedside"
channels = [{{ kind = "webhook", url = "http://127.0.0.1:9/", secret = "file:{key}" }}]
[escalation.high]
rungs = [["bedside"]]
[rules]
pack = "{root}/rules/packs/example.toml"
[http]
listen = "127.0.0.1:{http}"
socket = "{folder}/s"
[journal]
directory = "{folder}/state"
''')
        with open(folder / "log", "wb") as log:
            daemon = subprocess.Popen([arguments.bin + "/magwatchd", "--config", str(folder / "magwatch.toml")],
                                      stdout=log, stderr=log)
        try:
            for _ in range(200):
                time.sleep(0.05)
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{http}/readyz", timeout=2)
                    break
                except OSError:
                    pass
            for i in beds:
                post(http, "watch/start", {"bed": f"bed-{i}", "person": "midwife-1"})
            subprocess.run([arguments.bin + "/bench_mllp_load", str(mllp), str(arguments.connections),
                            str(arguments.seconds)], check=True)
        finally:
            daemon.terminate()
            daemon.wait(20)


main()
