#!/usr/bin/python3
"""What a watched ward costs while nothing happens: 64 beds, each monitor polled once a second.

  bench_idle.py BIN_DIR [--beds N] [--seconds S] [--warm-up S] [--state DIR] [--profile FILE] [--soak]

The monitors are magwatch-simulator, a process of its own; none of its time counts. Of magwatchd the share of one core
(user and system time of all its threads, from /proc) over the seconds after the warm-up, and the memory resident at
their end. Journal, history, web server and metrics run as they do on a ward. --profile: perf record of those seconds.
--soak: what grew between warm-up and end, too: memory, descriptors, threads.
"""
import argparse
import http.client as http_client
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import daemon  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid, what="VmRSS"):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) / 1024
    raise LookupError(what)


def held(pid):
    """What must not grow: MiB resident, open descriptors, threads."""
    proc = pathlib.Path(f"/proc/{pid}")
    return resident_mib(pid), len(list((proc / "fd").iterdir())), len(list((proc / "task").iterdir()))


def scenario(beds):
    # Steady patients: the infusion they get is the one that is charted below.
    return 'name = "idle ward"\nseed = 7\n' + "".join(
        f'[[beds]]\nid = "bed-{i}"\nlink = "modbus"\nport = {i}\ninfusion = 1.0\n[beds.patient]\nmagnesium = 1.8\n'
        for i in range(beds))


def sections(beds, modbus):
    return "".join(daemon.bed(f"bed-{i}") +
                   f'[[modbus]]\nname = "monitor-{i}"\nbed = "bed-{i}"\nhost = "127.0.0.1"\nport = {modbus + i}\n'
                   f'map = "{daemon.ROOT}/adapters/monitors/modbus/maps/sim-monitor.toml"\n' for i in range(beds))


def start_watches(http, beds):
    for i in range(beds):
        bed = {"bed": f"bed-{i}", "person": "midwife-1"}
        daemon.watch(http, f"bed-{i}", calcium_at_bed=True, hammer_at_bed=True, oxygen_at_bed=True)
        daemon.post(http, "entries", {**bed, "key": f"rate-{i}", "kind": "infusion", "value": 1, "unit": "g/h"})
        daemon.post(http, "entries", {**bed, "key": f"reflex-{i}", "kind": "reflex", "site": "knee", "value": 2})


def polls(http):
    """How many polls were answered so far, of all monitors."""
    text = urllib.request.urlopen(f"http://127.0.0.1:{http}/metrics", timeout=5).read().decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith("magwatch_") and "polls_total" in line and 'result="ok"' in line)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin")
    parser.add_argument("--beds", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--warm-up", type=float, default=20)
    parser.add_argument("--state", help="folder for the journal")
    parser.add_argument("--profile", help="perf record into this file")
    parser.add_argument("--soak", action="store_true", help="what grew meanwhile")
    arguments = parser.parse_args()
    modbus = daemon.free_ports(arguments.beds + 1)
    http = modbus + arguments.beds
    with tempfile.TemporaryDirectory(dir=arguments.state) as name:
        folder = pathlib.Path(name)
        (folder / "scenario.toml").write_text(scenario(arguments.beds))
        daemon.write_config(folder, http, sections(arguments.beds, modbus))
        with daemon.running(arguments.bin + "/magwatch-simulator", "--scenario", folder / "scenario.toml",
                            "--modbus-base-port", modbus, folder=folder), \
                daemon.started(arguments.bin + "/magwatchd", http, folder) as process:
            try:
                start_watches(http, arguments.beds)
                time.sleep(arguments.warm_up)
                first = held(process.pid)
                polled, began, before = polls(http), time.monotonic(), cpu_seconds(process.pid)
                if arguments.profile:
                    subprocess.run(["perf", "record", "-q", "-g", "-o", arguments.profile, "-p", str(process.pid), "--",
                                    "sleep", str(arguments.seconds)], check=True)
                else:
                    time.sleep(arguments.seconds)
                used, lasted = cpu_seconds(process.pid) - before, time.monotonic() - began
                resident, peak = resident_mib(process.pid), resident_mib(process.pid, "VmHWM")
                answered, last = polls(http) - polled, held(process.pid)
            except (OSError, http_client.HTTPException):
                print((folder / "log").read_text()[-3000:], file=sys.stderr)
                raise
    grown = {"resident_grown_percent": round(100 * (last[0] / first[0] - 1), 2), "descriptors_more": last[1] - first[1],
             "threads_more": last[2] - first[2]} if arguments.soak else {}
    print(json.dumps({**grown, "beds": arguments.beds, "seconds": round(lasted, 1), "polls_per_s": round(answered / lasted, 1),
                      "cpu_percent_of_a_core": round(100 * used / lasted, 2), "resident_mib": round(resident, 1),
                      "peak_mib": round(peak, 1)}))
    # A ward that was not polled costs nothing: that would be no figure.
    return 0 if answered >= 0.95 * arguments.beds * lasted else 1


if __name__ == "__main__":
    raise SystemExit(main())
