#!/usr/bin/python3
"""A sender that missed its acknowledgement repeats its message, also when the daemon was killed in between: it is
acknowledged and counts once.

  resend_test.py MAGWATCHD
"""
import signal
import socket
import sys
import time
import unittest

import mllp
from ward_process import WardTest, free_port, wait_for

BINARY = sys.argv.pop(1)


def message(control_id, value, status="R"):
    now = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    lines = [f"MSH|^~\\&|GW|ICU|||{now}+0000||ORU^R01^ORU_R01|{control_id}|P|2.6", "PID|1||X", "PV1|1|I|bed-1",
             f"OBR|1|||V|||{now}+0000",
             f"OBX|1|NM|8867-4^Heart rate^LN||{value}|/min|||||{status}"]
    return "\r".join(lines) + "\r"


class Resend(WardTest):
    binary = BINARY

    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.config.write_text(self.config.read_text() + f'''
[hl7]
listen = "127.0.0.1:{self.port}"
[[hl7.source]]
name = "gateway"
application = "GW"
usable_with_status_x = true
''')

    def send(self, text):
        """The acknowledgement's code."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as wire:
            answer = mllp.exchange(wire, text)
        return answer.split(b"\rMSA|")[1][:2].decode()

    def counts(self):
        source = [s for s in self.ward.json("sources")["sources"] if s["name"] == "gateway"][0]
        return source["observations"], source["refused"]

    def test_a_message_repeated_after_a_kill_is_acknowledged_and_counts_once(self):
        self.start()
        self.ward.watch()
        sent = [message(f"m{i}", 70 + i) for i in range(5)]
        for text in sent:
            self.assertEqual(self.send(text), "AA")
        wait_for("observations", lambda: self.counts() == (5, 0), 60)
        self.ward.kill()
        self.start()
        for text in sent:
            self.assertEqual(self.send(text), "AA")
        wait_for("duplicates", lambda: self.counts() == (5, 5), 60)
        self.assertEqual(self.send(message("m9", 90)), "AA")
        wait_for("a new one", lambda: self.counts() == (6, 5), 60)

    def test_a_reload_forgets_no_message(self):
        self.start()
        self.ward.watch()
        text = message("m1", 70)
        self.assertEqual(self.send(text), "AA")
        self.config.write_text(self.config.read_text() + '\n[[bed]]\nalias = "bed-9"\nplace = "Ward L4 Bed 9"\n')
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("reload", lambda: b"bed-9" in self.ward.get("/api/v1/beds")[1], 60)

        def again():
            try:
                return self.send(text)
            except OSError:
                return None  # the listener comes back
        self.assertEqual(wait_for("listener", again, 60), "AA")
        wait_for("duplicate", lambda: self.counts() == (1, 1), 60)

    def test_what_the_profile_says_of_a_sender_is_in_force(self):
        self.start()
        self.ward.watch()
        self.assertEqual(self.send(message("x1", 70, status="X")), "AA")
        wait_for("taken in spite of OBX-11 X", lambda: self.counts() == (1, 0), 60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
