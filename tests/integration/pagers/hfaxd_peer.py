#!/usr/bin/python3
"""HylaFAX's hfaxd as an SNPP gateway, with its scheduler faxq, without a modem: a spool of its own, on loopback.

  hfaxd_peer.py [--no-queue]

It knows the user "ward" with the password "secret", the pager 5551234 and no other. Prints "READY PORT", then a JSON
object for every page that lies in its queue, {"page", "text", "priority", "owner"}, and for every session that ended,
{"session": number}. --no-queue: faxq does not run. Its MaxMsgLength is the machine's (/etc/hylafax/hfaxd.conf; 128
characters unless it is changed), because hfaxd reads no other file. hfaxd itself would listen on every address, so it is started for
each connection as inetd starts it (hfaxd -S), by us, who listen on loopback alone.
"""
import argparse
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import threading
import time

from private_service import become_root, guard, new_folder

become_root()
parser = argparse.ArgumentParser()
parser.add_argument("--no-queue", action="store_true")
options = parser.parse_args()

folder = new_folder("hfaxd")
spool = folder / "spool"
user = pwd.getpwnam("uucp")
lock = threading.Lock()
told = set()


def say(thing):
    with lock:
        print(json.dumps(thing), flush=True)


def make_spool():
    """Debian's folders, empty, and the files that paging needs."""
    made = pathlib.Path("/var/spool/hylafax")
    shutil.copytree(made, spool, ignore=lambda _, names: [name for name in names if name in ("FIFO", "seqf")])
    shutil.copytree("/etc/hylafax", spool / "etc", dirs_exist_ok=True)
    for name in ("sendq", "docq", "doneq", "tmp", "client"):
        for leftover in (spool / name).iterdir():
            leftover.unlink()
    password = subprocess.run(["openssl", "passwd", "-1", "secret"], check=True, capture_output=True,
                              text=True).stdout.strip()
    (spool / "etc/hosts.hfaxd").write_text(f"^ward@:21:{password}:\n")
    (spool / "etc/pagermap").write_text("5551234 5550000/5551234\n.* reject\n")
    for at, names, files in os.walk(spool):
        for name in [at] + [os.path.join(at, one) for one in names + files]:
            os.chown(name, user.pw_uid, user.pw_gid, follow_symlinks=False)
    (spool / "etc/hosts.hfaxd").chmod(0o600)


def stop():
    if scheduler is None:
        return
    command = pathlib.Path(f"/proc/{scheduler.pid}/cmdline")
    if command.exists() and str(spool).encode() in command.read_bytes():
        os.kill(scheduler.pid, signal.SIGTERM)


def serve(listener):
    number = 0
    while True:
        wire, _ = listener.accept()
        number += 1
        threading.Thread(target=session, args=(wire, number), daemon=True).start()


def session(wire, number):
    subprocess.run(["/usr/sbin/hfaxd", "-S", "-q", spool], stdin=wire, stdout=wire, stderr=subprocess.DEVNULL,
                   check=False)
    wire.close()
    say({"session": number})


def pages():
    """The jobs that hfaxd has handed to faxq: with a text, and with a state that faxq gave them."""
    for path in sorted((spool / "sendq").glob("q*")):
        if path in told:
            continue
        job = dict(line.partition(":")[::2] for line in path.read_text(errors="replace").splitlines())
        if "data" not in job or "page" not in job or job.get("state", "0") in ("", "0", "1"):
            continue
        told.add(path)
        document = spool / job["data"].rpartition(":")[2]
        yield {"page": job["page"].rpartition(":")[2], "number": job["number"], "owner": job["owner"],
               "priority": int(job["priority"]), "text": document.read_text(errors="replace")}


make_spool()
scheduler = None
if not options.no_queue:
    scheduler = subprocess.Popen(["/usr/sbin/faxq", "-D", "-q", spool], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not (spool / "FIFO").exists() and time.monotonic() < until:
        time.sleep(0.02)
guard(folder, stop)
listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
print(f"READY {listener.getsockname()[1]}", flush=True)
while True:
    for page in pages():
        say(page)
    time.sleep(0.05)
