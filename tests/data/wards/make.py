#!/usr/bin/python3
"""Makes the data folder of a ward as an older magwatchd wrote it: NAME.tar.xz, and beside it NAME.json with what it did.

  make.py COMMIT NAME

It builds magwatchd from that commit of this repository in a worktree of its own, and drives it with that commit's own
tests/system/ward_process.py: a bed is watched, magnesium runs, values are charted, the daemon ends in order (a snapshot)
and starts again, more is charted, a reflex is lost, its page arrives, nobody answers, and the daemon is killed.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
LEFT_OUT = ("journal.reserve",)  # nothing is in it, and the daemon makes it again
BEFORE = ({"kind": "infusion", "value": 1, "unit": "g/h"}, {"kind": "rr", "value": 18, "unit": "/min"},
          {"kind": "reflex", "site": "knee", "value": 2}, {"kind": "urine", "value": 60, "unit": "mL"})
AFTER = ({"kind": "rr", "value": 17, "unit": "/min"}, {"kind": "level", "value": 2.1, "unit": "mmol/L"},
         {"kind": "reflex", "site": "knee", "value": 0})


def chart(ward, entries, name):
    for number, what in enumerate(entries):
        if what["kind"] == "level":
            what = what | {"drawn_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        ward.must("entries", {"key": f"{name}-{number}", "bed": "bed-1", "person": "midwife-1"} | what)


def pages(ward):
    return [a["page"] for a in ward.receiver.arrived() if a["page"]["kind"] == "physiological"]


def live(ward, wait_for):
    """What an older release did on this ward, for whoever opens it later."""
    ward.start()
    ward.ready()
    ward.watch(1)
    chart(ward, BEFORE, "before")
    ward.process.terminate()
    assert ward.process.wait(60) == 0
    ward.start()
    ward.ready()
    chart(ward, AFTER, "after")
    wait_for("the page", lambda: pages(ward), 60)
    alarm = next(a for a in ward.json("alarms")["alarms"] if a["rule"] == "reflex-absent")
    # The outcome of the page is kept too: what is sent again, is sent as new.
    wait_for("its outcome", lambda: [p for p in ward.json("pages")["pages"] if p["outcome"] == "accepted"], 60)
    done = {"version": ward.json("status")["version"], "killed_at": time.time(), "entries": [*BEFORE, *AFTER],
            "alarm": alarm["id"], "call": ward.json("calls")["calls"][0]["id"], "pages": pages(ward)}
    ward.kill()
    return done


def build(commit, folder):
    tree = folder / "tree"
    subprocess.run(["git", "-C", HERE, "worktree", "add", "--detach", tree, commit], check=True)
    subprocess.run(["cmake", "--preset", "dev", "-DMAGWATCH_TESTS=OFF"], cwd=tree, check=True)
    subprocess.run(["cmake", "--build", tree / "build/dev", "--target", "magwatchd"], check=True)
    return tree


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("commit")
    parser.add_argument("name")
    parser.add_argument("--tree", type=pathlib.Path, help="a worktree of that commit in which magwatchd is built")
    arguments = parser.parse_args()
    commit = subprocess.run(["git", "-C", HERE, "rev-parse", "--short", arguments.commit], check=True,
                            capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        tree = arguments.tree or build(commit, pathlib.Path(folder))
        sys.path.insert(0, str(tree / "tests/system"))
        import ward_process  # of that commit
        tempfile.tempdir = "/tmp"  # the path of the folder stands in the journal
        ward = ward_process.Ward(str(tree / "build/dev/bin/magwatchd"), 2)
        try:
            done = live(ward, ward_process.wait_for)
            with tarfile.open(HERE / f"{arguments.name}.tar.xz", "w:xz") as archive:
                for path in sorted((ward.directory / "state").iterdir()):
                    if path.name in LEFT_OUT:
                        continue
                    entry = archive.gettarinfo(path, path.name)
                    entry.uid = entry.gid = 0
                    entry.uname = entry.gname = ""
                    if path.is_file():
                        with open(path, "rb") as file:
                            archive.addfile(entry, file)
        finally:
            ward.close()
        if not arguments.tree:
            subprocess.run(["git", "-C", HERE, "worktree", "remove", "--force", tree], check=True)
    (HERE / f"{arguments.name}.json").write_text(json.dumps({"commit": commit} | done, indent=1) + "\n")


if __name__ == "__main__":
    main()
