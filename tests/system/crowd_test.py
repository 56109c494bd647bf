#!/usr/bin/python3
"""A hostile crowd on the network: slow, endless, huge and silent clients. They are refused and counted, and a page goes out
as on a quiet ward.

  crowd_test.py MAGWATCHD [--slow N] [--streams N] [--half-open N] [--rounds N]   defaults for CI; 500, 500, 256 and 30 on a
                                                                                machine of its own
"""
import argparse
import re
import resource
import socket
import statistics
import subprocess
import sys
import threading
import time
import unittest

import mllp
from board_streams import Reader, series
from ward_process import WardTest, free_port, wait_for

SIZES = argparse.ArgumentParser(add_help=False)
SIZES.add_argument("--slow", type=int, default=200, help="clients that send a byte now and then")
SIZES.add_argument("--streams", type=int, default=100, help="readers that ask for the live stream")
SIZES.add_argument("--half-open", type=int, default=256, help="connections to the HL7 port that say nothing")
SIZES.add_argument("--rounds", type=int, default=6, help="pages for each median")
OPTIONS, rest = SIZES.parse_known_args(sys.argv[2:])
BINARY = sys.argv[1]
sys.argv[1:] = rest
# A page goes out in milliseconds; a thread that shares nothing with the crowd may share the machine's cores with it.
MOST_TIMES_SLOWER, AT_LEAST_S = 10, 1.0
MEMORY_MIB = 512
ADDRESSES = 60  # 127.0.0.x: one address alone is held to 16 connections


class Crowd(WardTest):
    binary = BINARY
    beds = 2  # the second is watched by nobody: what comes of it there concerns no page

    def setUp(self):
        super().setUp()
        resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        self.hl7 = free_port()
        self.config.write_text(self.config.read_text() + f'[hl7]\nlisten = "127.0.0.1:{self.hl7}"\n'
                               '[[hl7.source]]\nname = "gateway"\napplication = "GW"\n')
        self.start()
        self.ward.watch()
        self.sockets, self.stopping, self.threads, self.next = [], threading.Event(), [], 0
        self.addCleanup(self.leave)

    def leave(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        for wire in self.sockets:
            wire.close()

    def run_beside(self, work):
        self.threads.append(threading.Thread(target=work, daemon=True))
        self.threads[-1].start()

    def connect(self, source=None):
        wire = socket.socket()
        self.next += 1
        wire.bind((source or f"127.0.0.{2 + self.next % ADDRESSES}", 0))
        wire.settimeout(30)
        wire.connect(("127.0.0.1", self.ward.port))
        self.sockets.append(wire)
        return wire

    # --- the crowd ---

    def dribble(self, count, start):
        """Slow clients: they begin a request and go on by a byte, and come again when they are closed."""
        clients = [[self.connect(), 0] for _ in range(count)]

        def go_on():
            while not self.stopping.wait(0.5):
                for client in clients:
                    try:
                        client[0].send(start[client[1] % len(start):][:1])
                        client[1] += 1
                    except OSError:
                        client[0].close()
                        try:
                            client[0], client[1] = self.connect(), 0
                        except OSError:
                            pass  # closed to make room
        self.run_beside(go_on)

    def endless(self, head, chunk, most):
        """One request that does not end: what was sent until the daemon had enough, and what it said."""
        wire, sent, answer = self.connect(), 0, b""
        try:
            wire.sendall(head)
            while sent < most:
                sent += wire.send(chunk)
        except OSError:
            pass  # it closed
        try:
            answer = wire.recv(65536)
        except OSError:
            pass
        return sent, answer

    # --- the alarm path ---

    def pages(self):
        return statistics.median(self.ward.page_of_a_sign() for _ in range(OPTIONS.rounds))

    def memory_mib(self):
        with open(f"/proc/{self.ward.process.pid}/status") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1)) / 1024

    def refused(self, why):
        return series(self.ward, f'magwatch_http_refused_total{{reason="{why}"}}')

    def as_on_a_quiet_ward(self, quiet, crowded):
        print(f"page: quiet {1000 * quiet:.0f} ms, crowded {1000 * crowded:.0f} ms, {crowded / quiet:.1f} times; "
              f"resident at most {self.memory_mib():.0f} MiB", flush=True)
        self.assertLess(crowded, max(MOST_TIMES_SLOWER * quiet, AT_LEAST_S))
        self.assertLess(self.memory_mib(), MEMORY_MIB)
        self.assertTrue(self.ward.json("status")["alive"])

    def test_a_crowd_on_the_hl7_port(self):
        """Connections that say nothing at all, and then the gateway comes again."""
        quiet = self.pages()
        now = time.strftime("%Y%m%d%H%M%S", time.gmtime())

        def message(number):
            return "\r".join([f"MSH|^~\\&|GW|ICU|||{now}+0000||ORU^R01^ORU_R01|{number}|P|2.6", "PID|1||X", "PV1|1|I|bed-2",
                              f"OBR|1|||V|||{now}+0000", "OBX|1|NM|9279-1^RR^LN||16|/min|||||R"]) + "\r"

        gateway = socket.create_connection(("127.0.0.1", self.hl7), timeout=60)
        self.assertIn(b"MSA|AA|", mllp.exchange(gateway, message(1)))

        def more(count):
            turned_away = self.hl7_turned_away()
            for i in range(count):
                wire = socket.socket()
                wire.bind((f"127.0.0.{2 + i % ADDRESSES}", 0))
                wire.connect(("127.0.0.1", self.hl7))
                self.sockets.append(wire)
            wait_for("a full house", lambda: self.hl7_turned_away() > turned_away, 60)

        more(OPTIONS.half_open)
        crowded = self.pages()
        self.assertIn(b"MSA|AA|", mllp.exchange(gateway, message(2)))
        held = self.hl7_open()
        gateway.close()
        wait_for("its place to be free", lambda: self.hl7_open() < held, 60)
        more(8)  # in it

        def heard_again():
            with socket.create_connection(("127.0.0.1", self.hl7), timeout=60) as again:
                try:
                    return b"MSA|AA|" in mllp.exchange(again, message(3))
                except OSError:
                    return False  # no room yet
        began = time.monotonic()
        wait_for("the gateway to be heard again", heard_again, 60)
        print(f"HL7: heard again after {time.monotonic() - began:.1f} s", flush=True)
        wait_for("one that made room to be counted", lambda: self.hl7_refused("evicted") > 0, 60)
        self.as_on_a_quiet_ward(quiet, crowded)

    def hl7_open(self):
        return series(self.ward, "magwatch_hl7_connections")

    def hl7_turned_away(self):
        return self.hl7_refused("connections") + self.hl7_refused("evicted")

    def hl7_refused(self, why):
        return series(self.ward, f'magwatch_hl7_refused_total{{reason="{why}"}}')

    def test_slow_silent_and_half_open_clients(self):
        quiet = self.pages()
        self.dribble(OPTIONS.slow // 3, b"GET /api/v1/beds HTTP/1.1\r\nX-Slow: " + b"a" * 4000)
        self.dribble(OPTIONS.slow // 3, b"POST /api/v1/entries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                                        b"Content-Length: 60000\r\n\r\n" + b" " * 60000)
        for _ in range(OPTIONS.slow // 3):
            self.connect()  # says nothing at all
        crowd = min(OPTIONS.slow * 3 // 4, 200)
        wait_for("the crowd", lambda: series(self.ward, "magwatch_http_connections") >= crowd, 60)
        # Of more than there are places for, the longest waiting makes room before its time is over.
        wait_for("refusals", lambda: sum(self.refused(why) for why in ("timeout", "evicted", "connections")) > 0, 60)
        crowded = self.pages()
        wait_for("those who were cut off to come again",
                 lambda: series(self.ward, "magwatch_http_connections") >= crowd, 60)
        self.as_on_a_quiet_ward(quiet, crowded)

    def test_endless_bodies_and_headers(self):
        quiet = self.pages()
        big = b"x" * (1 << 20)
        post = b"POST /api/v1/entries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        told = post + b"Content-Length: %d\r\n\r\n" % (1 << 30)
        seen = {"body_size": self.refused("body_size"), "header_size": self.refused("header_size")}
        crowded = []
        for _ in range(OPTIONS.rounds):
            sent, answer = self.endless(told, big, 1 << 30)
            self.assertIn(b" 413 ", answer.split(b"\r\n")[0] or b" 413 ")  # or it closed before it was heard
            self.assertLess(sent, 64 << 20, "what nobody will read is not taken")
            self.endless(post + b"Transfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + big + b"\r\n", 1 << 30)
            self.endless(b"GET / HTTP/1.1\r\nX: ", big, 64 << 20)
            self.endless(b"GET /" + b"a" * 9000, big, 64 << 20)
            crowded.append(self.ward.page_of_a_sign())
        for why, before in seen.items():
            self.assertGreaterEqual(self.refused(why) - before, OPTIONS.rounds, why)
        self.as_on_a_quiet_ward(quiet, statistics.median(crowded))

    def test_more_streams_than_there_are_places(self):
        quiet = self.pages()
        readers = [Reader(self.ward.port, address=f"127.0.0.{2 + i % ADDRESSES}", slow=i % 3 == 0) for i in range(OPTIONS.streams)]
        for one in readers:
            self.addCleanup(one.close)
        crowded = self.pages()
        alive = wait_for("a reader that is served", lambda: [one for one in readers if one.heard("heartbeat")], 60)
        self.assertLessEqual(series(self.ward, "magwatch_displays_connected"), 64)
        wait_for("one too many", lambda: self.refused("connections") > 0, 60)
        self.as_on_a_quiet_ward(quiet, crowded)
        # Who reads hears on.
        before = len(alive[0].heard("heartbeat"))
        wait_for("the next heartbeat", lambda: len(alive[0].heard("heartbeat")) > before, 30)

    def test_somebody_elses_slow_clients(self):
        """slowhttptest, of Debian: header, body and slow reading."""
        quiet = self.pages()
        url = f"http://127.0.0.1:{self.ward.port}/api/v1/entries"
        attacks = [["-H", "-i", "1", "-t", "GET"], ["-B", "-i", "1", "-t", "POST"], ["-X", "-n", "1", "-w", "10", "-y", "20"]]
        running = [subprocess.Popen(["slowhttptest", *kind, "-c", str(OPTIONS.slow), "-r", str(OPTIONS.slow), "-l", "20", "-u", url],
                                    cwd=self.ward.directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for kind in attacks]
        for process in running:
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
        wait_for("their crowd", lambda: series(self.ward, "magwatch_http_connections") >= 16, 30)
        self.as_on_a_quiet_ward(quiet, self.pages())


if __name__ == "__main__":
    unittest.main()
