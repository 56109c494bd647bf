#!/usr/bin/python3
"""Debian's Postfix as a submission server: a private instance in a folder of its own, on a port of loopback.

  postfix_peer.py [--tls CERT KEY] [--login USER PASSWORD] [--mailbox ADDRESS]...

With --tls it takes mail only after STARTTLS, with --login only from USER (Cyrus SASL, no other program). It delivers
to the mailboxes that are named and refuses every other recipient of their domain. Prints "READY PORT", then a JSON
object for every mail that lies in a mailbox, {"mailbox", "headers", "body"}, and for every line that its smtpd logs,
{"log"}. Nothing of /etc/postfix or of a running system service is touched.
"""
import argparse
import email
import email.policy
import json
import os
import pwd
import socket
import subprocess
import sys
import time

from private_service import become_root, guard, new_folder

become_root()
parser = argparse.ArgumentParser()
parser.add_argument("--tls", nargs=2)
parser.add_argument("--login", nargs=2)
parser.add_argument("--mailbox", action="append", default=[])
options = parser.parse_args()

folder = new_folder("postfix")
mailboxes = folder / "mailboxes"
nobody = pwd.getpwnam("nobody")
domains = sorted({address.partition("@")[2] for address in options.mailbox})


def main_cf():
    settings = {
        "compatibility_level": "3.6",
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "maillog_file": folder / "log",
        "maillog_file_prefixes": folder,
        "myhostname": "postfix.example",
        "mydestination": "",
        "mynetworks": "127.0.0.0/8",
        "inet_protocols": "ipv4",
        "alias_maps": "",
        "alias_database": "",
        "smtputf8_enable": "yes",
        "virtual_mailbox_domains": " ".join(domains),
        "virtual_mailbox_base": mailboxes,
        "virtual_mailbox_maps": f"texthash:{folder}/boxes",
        "virtual_uid_maps": f"static:{nobody.pw_uid}",
        "virtual_gid_maps": f"static:{nobody.pw_gid}",
        "smtpd_relay_restrictions": "permit_sasl_authenticated, reject_unauth_destination",
        # A test that reads "no such user" must not wait for what is there against guessing.
        "smtpd_error_sleep_time": "0",
        "smtpd_peername_lookup": "no",
        # A program of its own that did not come up on a busy machine is tried again before we give up.
        "service_throttle_time": "2s",
    }
    if options.tls:
        settings |= {
            "smtpd_tls_cert_file": options.tls[0],
            "smtpd_tls_key_file": options.tls[1],
            "smtpd_tls_security_level": "encrypt",
            "smtpd_tls_received_header": "yes",
            "smtpd_tls_loglevel": "1",
        }
    if options.login:
        settings |= {
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_type": "cyrus",
            "smtpd_sasl_path": "smtpd",
            "smtpd_sasl_local_domain": "postfix.example",
            "smtpd_sasl_authenticated_header": "yes",
            "smtpd_tls_auth_only": "yes",
            "smtpd_client_restrictions": "permit_sasl_authenticated, reject",
        }
    return "".join(f"{key} = {value}\n" for key, value in settings.items())


def services(port):
    """Debian's master.cf, as far as it is needed: nothing in a chroot, smtpd on our port alone."""
    rows = [f"127.0.0.1:{port} inet n - n - - smtpd"]
    for name, private, wake, most, command in (
            ("cleanup", "n", "-", "0", "cleanup"), ("qmgr", "n", "300", "1", "qmgr"),
            ("tlsmgr", "-", "1000?", "1", "tlsmgr"), ("rewrite", "-", "-", "-", "trivial-rewrite"),
            ("bounce", "-", "-", "0", "bounce"), ("defer", "-", "-", "0", "bounce"),
            ("trace", "-", "-", "0", "bounce"), ("proxymap", "-", "-", "-", "proxymap"),
            ("error", "-", "-", "-", "error"), ("retry", "-", "-", "-", "error"), ("anvil", "-", "-", "1", "anvil"),
            ("flush", "n", "1000?", "0", "flush"), ("postlog", "n", "-", "1", "postlogd")):
        kind = "unix-dgram" if name == "postlog" else "unix"
        rows.append(f"{name} {kind} {private} - n {wake} {most} {command}")
    rows.append("virtual unix - n n - - virtual")
    return "\n".join(rows) + "\n"


def login_file():
    (folder / "etc/sasl").mkdir()  # where Debian's Postfix looks, whatever cyrus_sasl_config_path says
    database = folder / "users"
    (folder / "etc/sasl/smtpd.conf").write_text(
        f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN LOGIN\nsasldb_path: {database}\n")
    user, password = options.login
    subprocess.run(["saslpasswd2", "-p", "-c", "-f", database, "-u", "postfix.example", user], input=password.encode(),
                   check=True)
    os.chown(database, pwd.getpwnam("postfix").pw_uid, -1)


def stop():
    subprocess.run(["/usr/sbin/postfix", "-c", folder / "etc", "abort"], check=False)


def start():
    """On a port that was free a moment ago; if somebody was faster, on another."""
    for _ in range(5):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        settings = [folder / "etc/main.cf", folder / "etc/master.cf", folder / "boxes"]
        settings[1].write_text(services(port))
        for path in settings:  # a file that changed just now would be waited for, by each program again
            os.utime(path, (0, 0))
        subprocess.run(["/usr/sbin/postfix", "-c", folder / "etc", "check"], check=True)  # makes its folders
        process = subprocess.Popen(["/usr/lib/postfix/sbin/master", "-c", folder / "etc", "-s"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as wire:
                    if wire.recv(4) == b"220 ":
                        return process, port
            except OSError:
                pass
            time.sleep(0.02)
        process.terminate()
        process.wait()
    log = folder / "log"
    sys.exit("Postfix does not start: " + (log.read_text() if log.exists() else "it logs nothing"))


def letters():
    for path in mailboxes.glob("*/new/*"):
        if path in seen:
            continue
        seen.add(path)
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        yield {"mailbox": path.parts[-3],
               "headers": {key.lower(): str(value) for key, value in mail.items() if key.lower() != "received"},
               "received": [str(value) for value in mail.get_all("received", [])],
               "body": mail.get_content().replace("\r\n", "\n")}


(folder / "etc").mkdir()
(folder / "data").mkdir()
os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
(folder / "queue").mkdir()
mailboxes.mkdir()
os.chown(mailboxes, nobody.pw_uid, nobody.pw_gid)
(folder / "boxes").write_text("".join(f"{address} {address}/\n" for address in options.mailbox))
(folder / "etc/main.cf").write_text(main_cf())
if options.login:
    login_file()
guard(folder, stop)
process, port = start()
print(f"READY {port}", flush=True)
seen, told = set(), 0
while process.poll() is None:
    for letter in letters():
        print(json.dumps(letter), flush=True)
    log = (folder / "log").read_text(errors="replace") if (folder / "log").exists() else ""
    whole = log[told:log.rfind("\n") + 1]
    told += len(whole)
    for line in whole.splitlines():
        if "smtpd[" in line:
            print(json.dumps({"log": line.partition("smtpd[")[2].partition(": ")[2]}), flush=True)
    time.sleep(0.05)
