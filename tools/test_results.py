#!/usr/bin/python3
"""Counts what tools/test ran.

  test_results.py junit PRESET FILE.xml FOLDER   one line a test: "pass|fail SECONDS NAME" from CTest's JUnit file;
                                                 what a failed test printed goes to FOLDER/failed-PRESET-NAME.log
  test_results.py report RESULTS FOLDER          what the failed tests printed last, the ten slowest, the failures,
                                                 and last "N passed, N failed"

Only a test that ran and passed has passed: skipped, disabled and not-run ones have failed. Exit 1 if any failed.
"""
import glob
import os
import re
import sys
import xml.etree.ElementTree as ElementTree


LINES_SHOWN = 60  # of what a failed test printed: its end, where the reason stands


def from_junit(preset, path, folder):
    """Yields (passed, seconds, name) of every test case, and keeps what the failed ones printed."""
    for old in glob.glob(os.path.join(folder, f"failed-{preset}-*.log")):
        os.remove(old)
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        ran = case.get("status") == "run"
        passed = ran and case.find("failure") is None and case.find("skipped") is None
        why = "" if passed or case.get("status") in ("run", "fail") else f" ({case.get('status')})"
        if not passed:
            name = re.sub(r"[^A-Za-z0-9_.]+", "-", case.get("name"))[:100]
            with open(os.path.join(folder, f"failed-{preset}-{name}.log"), "w", encoding="utf-8") as log:
                log.write(case.findtext("system-out") or "")
        yield passed, float(case.get("time") or 0), f"{preset}: {case.get('name')}{why}"


def show_failed(folder):
    """After everything else: where only the end of a run is kept, the reasons are in it."""
    for path in sorted(glob.glob(os.path.join(folder, "failed-*.log")))[:10]:
        print(f"== {path}")
        with open(path, encoding="utf-8", errors="replace") as log:
            print("".join(log.readlines()[-LINES_SHOWN:]))


def report(lines, folder):
    rows = []
    for line in lines:
        verdict, seconds, name = line.rstrip("\n").split(" ", 2)
        rows.append((verdict == "pass", float(seconds), name))
    failed = [row for row in rows if not row[0]]
    if failed:
        show_failed(folder)
    print("slowest:")
    for _, seconds, name in sorted(rows, key=lambda row: -row[1])[:10]:
        print(f"  {seconds:7.1f} s  {name}")
    print(f"  {sum(row[1] for row in rows):7.1f} s  all {len(rows)} together")
    if failed:
        print("failed:")
        for _, _, name in failed:
            print(f"  {name}")
    if not rows:
        print("no test was run: nothing matched")
        print("0 passed, 1 failed")
        return 1
    print(f"{len(rows) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def main(arguments):
    if len(arguments) == 4 and arguments[0] == "junit":
        try:
            for passed, seconds, name in from_junit(arguments[1], arguments[2], arguments[3]):
                print("pass" if passed else "fail", f"{seconds:.3f}", name)
        except (OSError, ElementTree.ParseError) as error:
            print(f"{arguments[2]}: {error}", file=sys.stderr)
            return 1
        return 0
    if len(arguments) == 3 and arguments[0] == "report":
        with open(arguments[1], encoding="utf-8") as lines:
            return report(lines, arguments[2])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
