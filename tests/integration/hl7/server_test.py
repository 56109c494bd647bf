#!/usr/bin/python3
"""The HL7 server over real sockets, against senders that are not ours: mllp_send of python3-hl7 and
node-hl7-client, and against senders that misbehave. Usage: server_test.py HOST_PROGRAM SOURCE_ROOT"""
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import hl7

HOST, ROOT = sys.argv[1], sys.argv[2]
LIMIT = 60  # s: far beyond any real delay; a condition is waited for, never a time


class Host:
    """The test host: its lines in a list, its commands as methods."""

    def __init__(self, *options):
        self.process = subprocess.Popen([HOST, *map(str, options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)
        self.lines, self.queue, self.senders = [], queue.Queue(), []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        self.port = self.wait("listening")["port"]

    def read(self):
        for line in self.process.stdout:
            self.queue.put(json.loads(line))
        self.queue.put({"kind": "end"})

    def wait(self, kind, **fields):
        """The next line of this kind; what comes before it is kept in `lines`."""
        while True:
            line = self.queue.get(timeout=LIMIT)
            self.lines.append(line)
            if line["kind"] == kind and all(line.get(k) == v for k, v in fields.items()):
                return line
            if line["kind"] in ("end", "failure"):
                raise AssertionError(f"the host ended: {line}")

    def command(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        self.wait("done", command=text)

    def counters(self):
        self.command("counters")
        return [line for line in self.lines if line["kind"] == "counters"][-1]

    def until(self, condition):
        """Waits until the counters meet a condition."""
        deadline = time.monotonic() + LIMIT
        while not condition(self.counters()):
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {LIMIT} s: {self.counters()}")
            time.sleep(0.02)

    def observations(self):
        self.command("counters")  # whatever was pushed before is read by then
        return [line for line in self.lines if line["kind"] == "observation"]

    def end(self):
        for sender in self.senders:
            sender.close()
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()

    def stop(self):
        self.process.stdin.write("stop\n")
        self.process.stdin.close()
        return self.process.wait(LIMIT)


def now():
    return time.strftime("%Y%m%d%H%M%S", time.gmtime()) + "+0000"


def message(control_id, bed=1, value=17, acks="|", extra=""):
    return "\r".join([
        f"MSH|^~\\&|GW|WARD|MAGWATCH|HOSP|{now()}||ORU^R01^ORU_R01|{control_id}|P|2.6|||{acks}",
        f"PV1||I|LD^^BED{bed}", f"OBR|1||||||{now()}",
        f"OBX|1|NM|151562^MDC_RESP_RATE^MDC|1.1|{value}|264928^MDC_DIM_RESP_PER_MIN^MDC|||||R", extra]) + "\r"


def frame(text):
    return b"\x0b" + text.encode() + b"\x1c\r"


class Sender:
    """A plain socket, for what a well-behaved client never does."""

    def __init__(self, host, address="127.0.0.1"):
        host.senders.append(self)
        self.socket = socket.create_connection(("127.0.0.1", host.port), LIMIT, (address, 0))
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)

    def answer(self):
        """The next answer, parsed by python3-hl7; None when the server closed."""
        while b"\x1c\r" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                return None
            self.buffer += data
        end = self.buffer.index(b"\x1c\r")
        text, self.buffer = self.buffer[:end], self.buffer[end + 2:]
        assert text[:1] == b"\x0b", text
        return hl7.parse(text[1:].decode().rstrip("\r"))

    def silent(self):
        """True if no byte is here."""
        self.socket.setblocking(False)
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(LIMIT)

    def close(self):
        self.socket.close()


def verdict(answer):
    return str(answer.segment("MSA")[1]), str(answer.segment("MSA")[2])


class ServerTest(unittest.TestCase):
    def host(self, *options):
        host = Host(*options)
        self.addCleanup(host.end)
        return host

    def test_mllp_send(self):
        """python3-hl7's own sender: a file of several messages, an answer printed for each."""
        host = self.host()
        with tempfile.NamedTemporaryFile("w", suffix=".hl7", newline="") as file:
            for i in range(3):
                file.write("\x0b" + message(f"P{i}", bed=i + 1) + "\x1c\r")
            file.flush()
            out = subprocess.run(["/usr/bin/mllp_send", "--port", str(host.port), "--file", file.name, "127.0.0.1"],
                                 capture_output=True, timeout=LIMIT, check=True).stdout.decode()
        for i in range(3):
            self.assertIn(f"MSA|AA|P{i}", out)
        self.assertEqual([o["bed"] for o in host.observations()], [1, 2, 3])
        self.assertEqual(host.stop(), 0)

    def test_recordings_by_mllp_send(self):
        """Real files with LF line ends: the beds are not ours, so nothing is applied, and all is answered."""
        host = self.host()
        for name, expected in (("nist_pcd01_monitor", "MSA|CA|375"), ("lab_chem_magnesium", "MSA|CA|12345678")):
            path = f"{ROOT}/tests/data/hl7/{name}.hl7"
            out = subprocess.run(["/usr/bin/mllp_send", "--loose", "--port", str(host.port), "--file", path,
                                  "127.0.0.1"], capture_output=True, timeout=LIMIT, check=True).stdout.decode()
            self.assertIn(expected, out)
        self.assertEqual(host.observations(), [])
        self.assertIn("unknown bed", [line.get("reason") for line in host.lines])

    def test_node_hl7_client(self):
        host = self.host()
        out = subprocess.run(["node", f"{ROOT}/tests/peers/hl7_send.js", str(host.port), "N", "5"],
                             capture_output=True, timeout=LIMIT, text=True)
        self.assertEqual(out.returncode, 0, out.stderr)
        answers = [json.loads(line) for line in out.stdout.splitlines()]
        self.assertEqual([(a["code"], a["id"]) for a in answers], [("AA", f"N{i}") for i in range(1, 6)])
        self.assertEqual(answers[0]["to"], "NODE")
        self.assertEqual(answers[0]["type"], "ACK^R01^ACK")
        self.assertEqual(len(host.observations()), 5)

    def test_answer_is_read_by_python3_hl7(self):
        host = self.host()
        sender = Sender(host)
        sender.send(frame(message("A1", acks="AL|NE")))
        answer = sender.answer()
        self.assertEqual(verdict(answer), ("CA", "A1"))
        self.assertEqual(str(answer.segment("MSH")[3]), "MAGWATCH")
        self.assertEqual(str(answer.segment("MSH")[5]), "GW")
        sender.send(frame(message("A2", acks="AL|AL")))
        self.assertEqual(verdict(sender.answer()), ("CA", "A2"))
        self.assertEqual(verdict(sender.answer()), ("AA", "A2"))
        sender.send(frame(message("A3", acks="NE|NE")) + frame(message("A4")))
        self.assertEqual(verdict(sender.answer()), ("AA", "A4"))
        self.assertEqual(len(host.observations()), 4)

    def test_duplicates(self):
        host = self.host()
        text = message("D1")
        for _ in range(3):
            sender = Sender(host)  # over a new connection each, as after a cut
            sender.send(frame(text))
            self.assertEqual(verdict(sender.answer()), ("AA", "D1"))
            sender.close()
        self.assertEqual(len(host.observations()), 1)
        self.assertEqual(host.counters()["duplicates"], 2)

    def test_stores_before_it_answers(self):
        """While the commit is held, everything is pushed and nothing is answered."""
        host = self.host()
        host.command("hold")
        senders = [Sender(host) for _ in range(20)]
        for i, sender in enumerate(senders):
            sender.send(frame(message(f"S{i}a")) + frame(message(f"S{i}b", value=18)))
        host.until(lambda c: c["observations"] == 40)
        for sender in senders:
            self.assertTrue(sender.silent())
        self.assertEqual(host.counters()["acks"]["AA"], 0)
        host.command("release")
        for i, sender in enumerate(senders):
            self.assertEqual(verdict(sender.answer()), ("AA", f"S{i}a"))
            self.assertEqual(verdict(sender.answer()), ("AA", f"S{i}b"))

    def test_a_failed_commit_is_never_a_yes(self):
        host = self.host()
        sender = Sender(host)
        host.command("fail")
        sender.send(frame(message("F1")))
        self.assertEqual(verdict(sender.answer()), ("AE", "F1"))
        sender.send(frame(message("F2", acks="AL|NE")))
        self.assertEqual(verdict(sender.answer()), ("CE", "F2"))
        host.command("succeed")
        # The sender tries again: what F1 said is known and is on disk now, so it is a yes, and applied once.
        sender.send(frame(message("F1")))
        self.assertEqual(verdict(sender.answer()), ("AA", "F1"))
        self.assertEqual(host.counters()["duplicates"], 1)
        self.assertEqual(len(host.observations()), 2)

    def test_a_slow_dribble_is_cut_and_its_neighbours_go_on(self):
        host = self.host("--frame-timeout", 1)
        slow, good = Sender(host), Sender(host)
        data = frame(message("slow"))
        started = time.monotonic()
        ended = None
        for i in range(len(data)):
            try:
                slow.send(data[i:i + 1])
            except OSError:
                ended = time.monotonic()
                break
            good.send(frame(message(f"G{i}", bed=2)))
            self.assertEqual(verdict(good.answer()), ("AA", f"G{i}"))
            time.sleep(0.05)  # the dribble itself
        self.assertIsNotNone(ended, "a byte at a time kept the connection")
        self.assertGreater(ended - started, 0.9)
        self.assertEqual(host.counters()["timeouts"], 1)
        # Silence between frames is no fault: `good` outlives the limit many times.
        time.sleep(1.5)
        good.send(frame(message("later", bed=2)))
        self.assertEqual(verdict(good.answer()), ("AA", "later"))

    def test_garbage_beside_good_neighbours(self):
        host = self.host("--message-bytes", 20000)
        bad, good = Sender(host), Sender(host)
        bad.send(os.urandom(50000).replace(b"\x0b", b"x") + b"\x0b" + b"y" * 50000 + b"\x1c\r")
        bad.send(b"\x0bMSH|^~\\&|half" + frame(message("after")))
        bad.send(b"\x0bnot hl7\x1c\r\x0b\x1c\r")
        good.send(b"\0\r\n" + frame(message("g1")) + b"\0\0" + frame(message("g2", value=18)))
        self.assertEqual(verdict(good.answer()), ("AA", "g1"))
        self.assertEqual(verdict(good.answer()), ("AA", "g2"))
        codes = [verdict(bad.answer()) for _ in range(4)]
        self.assertEqual(codes, [("AE", ""), ("AA", "after"), ("AR", ""), ("AR", "")])
        counters = host.counters()
        self.assertEqual(counters["oversized"], 1)
        self.assertEqual(counters["restarted"], 1)
        self.assertGreater(counters["noise"], 40000)

    def test_one_message_in_many_pieces_and_many_in_one(self):
        host = self.host()
        sender = Sender(host)
        data = frame(message("pieces"))
        for i in range(0, len(data), 7):
            sender.send(data[i:i + 7])
        self.assertEqual(verdict(sender.answer()), ("AA", "pieces"))
        sender.send(b"".join(frame(message(f"m{i}", bed=1 + i % 9)) for i in range(300)))
        for i in range(300):
            self.assertEqual(verdict(sender.answer()), ("AA", f"m{i}"))

    def test_many_connections_and_their_limits(self):
        host = self.host("--connections", 100)
        senders = [Sender(host) for _ in range(100)]
        for round_ in range(3):
            for i, sender in enumerate(senders):
                sender.send(frame(message(f"c{round_}-{i}", bed=1 + i % 9)))
            for i, sender in enumerate(senders):
                self.assertEqual(verdict(sender.answer()), ("AA", f"c{round_}-{i}"))
        extra = Sender(host)
        self.assertIsNone(extra.answer())  # one too many is closed at once
        self.assertEqual(host.counters()["open"], 100)
        senders.pop().close()
        host.until(lambda c: c["open"] == 99)
        again = Sender(host)
        again.send(frame(message("again")))
        self.assertEqual(verdict(again.answer()), ("AA", "again"))

    def test_limit_per_address(self):
        host = self.host("--per-address", 2)
        first, second = Sender(host), Sender(host)
        host.until(lambda c: c["open"] == 2)
        self.assertIsNone(Sender(host).answer())
        self.assertEqual(host.counters()["connections_refused"], 1)
        for sender in (first, second):
            sender.send(frame(message(f"p{id(sender)}")))
            self.assertEqual(verdict(sender.answer())[0], "AA")

    def test_silent_connections_make_room_and_one_that_spoke_does_not(self):
        host = self.host("--connections", 3, "--frame-timeout", 1)
        spoke, noisy, mute = Sender(host), Sender(host), Sender(host)
        spoke.send(frame(message("first")))
        self.assertEqual(verdict(spoke.answer()), ("AA", "first"))
        host.until(lambda c: c["open"] == 3)
        noisy.send(b"noise" + frame("MSH"))  # no message of anybody's
        time.sleep(1.5)  # longer than a frame may take
        late = []
        for number, gone in enumerate((noisy, mute)):
            late.append(Sender(host))
            late[-1].send(frame(message(f"late-{number}")))
            self.assertEqual(verdict(late[-1].answer()), ("AA", f"late-{number}"))
            while gone.answer():
                pass  # what it was told before
        spoke.send(frame(message("still")))
        self.assertEqual(verdict(spoke.answer()), ("AA", "still"))
        self.assertEqual(host.counters()["connections_evicted"], 2)

    def test_a_gateway_that_rarely_speaks_is_not_put_out_by_those_who_never_do(self):
        host = self.host("--connections", 3, "--frame-timeout", 1)
        gateway = Sender(host)
        gateway.send(frame(message("first")))
        self.assertEqual(verdict(gateway.answer()), ("AA", "first"))
        time.sleep(1.5)  # longer than a frame may take
        for _ in range(10):
            Sender(host, "127.0.0.2")
        host.until(lambda c: c["connections"] + c["connections_refused"] == 11)
        gateway.send(frame(message("second")))
        self.assertEqual(verdict(gateway.answer()), ("AA", "second"))

    def test_of_an_address_that_is_full_its_own_silent_one_goes(self):
        host = self.host("--per-address", 2, "--frame-timeout", 1)
        old, other = Sender(host), Sender(host)
        for number, sender in enumerate((old, other)):
            sender.send(frame(message(f"s-{number}")))
            self.assertEqual(verdict(sender.answer())[0], "AA")
        time.sleep(1.5)  # longer than a frame may take
        other.send(frame(message("again")))
        self.assertEqual(verdict(other.answer())[0], "AA")
        new = Sender(host)
        new.send(frame(message("new")))
        self.assertEqual(verdict(new.answer()), ("AA", "new"))
        self.assertIsNone(old.answer())

    def test_stopping_answers_what_was_taken(self):
        host = self.host()
        host.command("hold")
        sender = Sender(host)
        sender.send(frame(message("last")))
        host.until(lambda c: c["observations"] == 1)
        self.assertTrue(sender.silent())
        host.command("release")
        self.assertEqual(verdict(sender.answer()), ("AA", "last"))
        self.assertEqual(host.stop(), 0)
        self.assertIsNone(sender.answer())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0]], verbosity=2)
