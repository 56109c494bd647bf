#!/usr/bin/python3
"""How long a bed's trend takes: 24 h of eight signals at 1 Hz, asked of magwatchd over HTTP, as a screen asks.

  bench_trend.py BIN_DIR [--trials N] [--state DIR]

From the request to the last byte of the answer, on one connection; `cpu_ms` is the daemon's own time for one. `trend`:
24 h in 2,000 points at most. `fine`: 8 h in stretches of 15 s, for which every single sample is read. Prints the size of
the history for a bed and a day, too.
"""
import argparse
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import daemon  # noqa: E402


def cpu_ms(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def timed(pid, connection, query, trials):
    took, before = [], cpu_ms(pid)
    for _ in range(trials):
        began = time.perf_counter()
        connection.request("GET", "/api/v1/beds/bed-1/trend?" + query)
        reply = connection.getresponse()
        body = reply.read()
        took.append((time.perf_counter() - began) * 1000)
        assert reply.status == 200, body[:300]
    each = (cpu_ms(pid) - before) / trials
    signals = json.loads(body)["signals"]
    most = max(len(signal["points"]) for signal in signals.values())
    return {"signals": len(signals), "points": most, "bytes": len(body), "cpu_ms": round(each, 2),
            "ms_p50": round(statistics.median(took), 2),
            "ms_p90": round(sorted(took)[int(0.9 * len(took))], 2), "ms_max": round(max(took), 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--state", help="folder for journal and history")
    arguments = parser.parse_args()
    http_port = daemon.free_port()
    with tempfile.TemporaryDirectory(dir=arguments.state) as name:
        folder = pathlib.Path(name)
        (folder / "state").mkdir(mode=0o700)
        subprocess.run([arguments.bin / "fill_history", folder / "state", "bed-1", "25"], check=True)
        kept = sum(file.stat().st_size for file in (folder / "state").glob("history.db"))
        daemon.write_config(folder, http_port, daemon.bed("bed-1"))
        with daemon.started(arguments.bin / "magwatchd", http_port, folder) as process:
            connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=30)
            for what, query in (("trend", "points=2000"), ("fine", "points=2000&from=" + time.strftime(
                    "%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 8 * 3600)))):
                print(json.dumps({"what": what} | timed(process.pid, connection, query, arguments.trials)), flush=True)
            print(json.dumps({"what": "size", "mib_a_day": round(kept / 25 * 24 / 2**20, 2)}))


if __name__ == "__main__":
    main()
