#!/usr/bin/python3
"""`magwatch page test` through the real daemon to a real receiver, and to one that is gone."""
import json
import subprocess
import sys

from ward_process import Ward

WARD = Ward(sys.argv[1])
MAGWATCH = sys.argv[2]


def page_test(*arguments):
    return subprocess.run([MAGWATCH, "page", "test", "--person", "engineer-1", "--socket",
                           str(WARD.directory / "magwatchd.sock"), *arguments],
                          capture_output=True, text=True, check=False, timeout=300)


def main():
    with WARD:
        WARD.start()
        WARD.ready()
        good = page_test("--to", "midwife-1", "--wait", "60", "--json")
        assert good.returncode == 0, good
        told = json.loads(good.stdout)
        assert [page["outcome"] for page in told["pages"]] == ["accepted"], told
        received = [str(page) for page in WARD.receiver.arrived()]
        assert len(received) == 1 and "MAG TEST" in received[0] and "no patient" in received[0], received
        assert "#" + told["test"] in received[0], (received, told)
        nobody = page_test("--to", "midwive-1")
        assert nobody.returncode == 1 and "midwive-1" in nobody.stderr, nobody
        WARD.receiver.stop()
        gone = page_test("--to", "midwife-1", "--wait", "1")
        assert gone.returncode == 1 and "no outcome yet" in gone.stdout, gone
        assert WARD.json("calls")["calls"] == [], "a test opens no call"
    print("page test: accepted, refused, and not taken are told apart")


main()
