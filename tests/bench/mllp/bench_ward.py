#!/usr/bin/python3
"""The whole path of a message: MLLP, decoded, stepped through the rules, acknowledged after the commit.

  bench_ward.py BIN_DIR [--connections N] [--seconds S] [--state DIR]

Starts magwatchd with one bed for each connection and drives it with bench_mllp_load; run bench_mllp beside it
for the bare parse-and-answer floor. --state is the journal's folder: /dev/shm leaves the disk out.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import daemon  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin")
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--state", default="/dev/shm")
    arguments = parser.parse_args()
    http = daemon.free_ports(2)
    mllp = http + 1
    with tempfile.TemporaryDirectory(dir=arguments.state) as folder:
        folder = pathlib.Path(folder)
        beds = range(arguments.connections)
        daemon.write_config(folder, http, "".join(daemon.bed(f"bed-{i}") for i in beds) + f'''
[hl7]
listen = "127.0.0.1:{mllp}"
[[hl7.source]]
name = "gateway"
application = "MONITOR"
bed_pattern = "PV1-3.2"
beds = {{ {", ".join(f'"{i}" = "bed-{i}"' for i in beds)} }}
''')
        with daemon.started(arguments.bin + "/magwatchd", http, folder):
            for i in beds:
                daemon.watch(http, f"bed-{i}")
            subprocess.run([arguments.bin + "/bench_mllp_load", str(mllp), str(arguments.connections),
                            str(arguments.seconds)], check=True)


main()
