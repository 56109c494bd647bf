#!/usr/bin/python3
"""The HTTP server by clients that are not ours: every route, every refusal, hostile connections, the peer check."""
import concurrent.futures
import datetime
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import support  # noqa: E402
from support import FakeWard, read_all  # noqa: E402

BED = {"bed": "bed-3", "person": "midwife-1"}
STOP = {"key": "k1", "kind": "stop", **BED}
POSTS = [
    ("/api/v1/watch/start", {"bed": "bed-4", "person": "midwife-1"}),
    ("/api/v1/watch/transfer", {"from": "bed-3", "to": "bed-4", "person": "midwife-1"}),
    ("/api/v1/watch/confirm", BED),
    ("/api/v1/watch/end", {"reason": "delivered", **BED}),
    ("/api/v1/entries", STOP),
    ("/api/v1/alarms/3-7/acknowledge", {"person": "midwife-1"}),
    ("/api/v1/calls/1207/answer", {"person": "midwife-1", "answer": "coming"}),
    ("/api/v1/beds/bed-3/pause", {"person": "midwife-1", "seconds": 60}),
]
GETS = ["/healthz", "/readyz", "/api/v1/status", "/api/v1/beds", "/api/v1/beds/bed-3", "/api/v1/alarms",
        "/api/v1/calls", "/api/v1/pages", "/api/v1/sources"]


class Server(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ward = FakeWard(ward_ms=300)

    @classmethod
    def tearDownClass(cls):
        cls.code = cls.ward.stop()
        assert cls.code == 0, cls.code

    def setUp(self):
        self.ward.said()

    def test_every_read_route_on_both_listeners(self):
        for path in GETS:
            for unix in (False, True):
                status, headers, body = self.ward.get(path, unix)
                self.assertEqual(status, 200, path)
                self.assertEqual(body["simulation"], False)
                self.assertEqual(headers["Cache-Control"], "no-store")
                self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
                self.assertTrue(headers["Content-Security-Policy"].startswith("default-src 'none'"))
        status, headers, body = self.ward.request("GET", "/metrics")
        self.assertEqual((status, headers["Content-Type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
        self.assertIn(b"magwatch_build_info", body)
        self.assertEqual(self.ward.said(), [])

    def test_every_change_reaches_the_ward_and_its_word_comes_back(self):
        for unix in (False, True):
            for path, body in POSTS:
                status, _, answer = self.ward.post(path, body, unix)
                self.assertEqual((status, answer["accepted"], answer["text"]), (200, True, "stored"), path)
                self.assertEqual(len(self.ward.said()), 1, path)
                status, _, answer = self.ward.post(path, {**body, "person": "refuse"}, unix)
                self.assertEqual((status, answer["error"]), (409, "the ward says no"), path)
                self.assertEqual([line["person"] for line in self.ward.said()], ["refuse"], path)

    def test_a_pressure_is_two_inputs_and_one_answer(self):
        body = {"key": "p1", "kind": "bp", "systolic": {"value": 120, "unit": "mmHg"},
                "diastolic": {"value": 70, "unit": "mmHg"}, **BED}
        status, _, answer = self.ward.post("/api/v1/entries", body)
        self.assertEqual((status, len(answer["results"])), (200, 2))
        self.assertEqual([line["input"] for line in self.ward.said()], ["entry p1/sbp", "entry p1/dbp"])

    def test_a_silent_ward_is_not_confirmed_and_a_full_one_took_nothing(self):
        status, _, answer = self.ward.post("/api/v1/entries", {**STOP, "person": "silent"})
        self.assertEqual(status, 503)
        self.assertIn("not confirmed", answer["error"])
        status, _, answer = self.ward.post("/api/v1/entries", {**STOP, "person": "full"})
        self.assertEqual(status, 503)
        self.assertIn("Nothing was recorded", answer["error"])

    def test_no_state_changes_on_get(self):
        for path, _ in POSTS:
            status, headers, _ = self.ward.get(path)
            self.assertEqual((status, headers["Allow"]), (405, "POST"), path)
        for path in GETS:
            self.assertEqual(self.ward.post(path, {})[0], 405, path)
        for method in ("PUT", "DELETE", "OPTIONS", "HEAD"):
            self.assertEqual(self.ward.request(method, "/api/v1/entries")[0], 405, method)
        self.assertEqual(self.ward.said(), [])

    def test_guards_of_a_change(self):
        path = "/api/v1/entries"
        before = self.ward.metric('magwatch_http_refused_total{reason="client"}')
        table = [(403, {"X_Magwatch_Client": None}), (415, {"Content_Type": "text/plain"}),
                 (415, {"Content_Type": None}), (403, {"Origin": "http://evil.example"}), (403, {"Origin": "null"}),
                 (403, {"Sec_Fetch_Site": "cross-site"}), (421, {"Host": "evil.example"}),
                 (421, {"Host": "magwatch.evil.example:%d" % self.ward.port})]
        for status, headers in table:
            self.assertEqual(self.ward.post(path, STOP, **headers)[0], status, headers)
        self.assertEqual(self.ward.metric('magwatch_http_refused_total{reason="client"}'), before + 1)
        self.assertEqual(self.ward.said(), [])
        own = "http://127.0.0.1:%d" % self.ward.port
        self.assertEqual(self.ward.post(path, STOP, Origin=own)[0], 200)
        # A peer that the kernel vouches for needs no header that only guards against browsers.
        self.assertEqual(self.ward.post(path, STOP, unix=True, X_Magwatch_Client=None)[0], 200)

    def test_bodies_that_are_refused_name_the_field(self):
        path = "/api/v1/entries"
        table = [(422, "bad", {**STOP, "bad": 1}), (404, "bed", {**STOP, "bed": "bed-33"}),
                 (422, "unit", {"key": "k", "kind": "level", "value": 3, "drawn_at": "2026-01-01T00:00:00Z", **BED}),
                 (400, "", b"{"), (400, "", b""), (400, "", b"[" * 5000)]
        for status, field, body in table:
            got, _, answer = self.ward.post(path, body)
            self.assertEqual((got, answer["field"]), (status, field), body)
        self.assertEqual(self.ward.get("/api/v1/beds/bed-33")[0], 404)
        self.assertEqual(self.ward.get("/api/v1/beds?x=1")[0], 400)
        self.assertEqual(self.ward.get("/api/v1/%2e%2e/x")[0], 404)
        self.assertEqual(self.ward.get("/../../etc/passwd")[0], 404)
        self.assertEqual(self.ward.said(), [])

    def test_an_answer_link_by_curl(self):
        url = "http://127.0.0.1:%d/answer/%s" % (self.ward.port, self.ward.link)
        curl = ["curl", "-sS", "--noproxy", "*", "-w", "\n%{http_code}"]
        for _ in range(2):
            page = subprocess.run(curl + [url], capture_output=True, text=True, check=True).stdout
            self.assertTrue(page.endswith("\n200"))
            self.assertIn("I am coming", page)
        self.assertEqual(self.ward.said(), [])
        post = curl + ["-d", "", "-H", "Origin: null", url]
        self.assertIn("Stored: you are coming", subprocess.run(post, capture_output=True, text=True, check=True).stdout)
        self.assertEqual([line["person"] for line in self.ward.said()], ["midwife-1"])
        again = subprocess.run(post, capture_output=True, text=True, check=True).stdout
        self.assertTrue(again.endswith("\n200"))
        self.assertEqual(self.ward.said(), [])
        forged = url[:-1] + ("A" if url[-1] != "A" else "B")
        self.assertTrue(subprocess.run(curl + ["-d", "", forged], capture_output=True, text=True,
                                       check=True).stdout.endswith("\n404"))

    def test_requests_that_are_too_large(self):
        connection = self.ward.connect()
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 9000 + b"\r\n\r\n")
        self.assertIn(b"431 ", read_all(connection).split(b"\r\n")[0])
        connection.close()
        status, _, answer = self.ward.post("/api/v1/entries", b"x" * 1_000_000)
        self.assertEqual((status, answer["error"]), (413, "the body is larger than 64 KiB"))
        connection = self.ward.connect()
        connection.sendall(b"POST /api/v1/entries HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n")
        self.assertIn(b"413 ", read_all(connection).split(b"\r\n")[0])
        connection.close()
        # Exactly the limit is read whole.
        padded = json.dumps({**STOP, "person": "x" * (65536 - len(json.dumps({**STOP, "person": ""})))})
        self.assertEqual(len(padded), 65536)
        status, _, answer = self.ward.post("/api/v1/entries", padded)
        self.assertEqual((status, answer["field"]), (422, "person"))

    def test_bytes_that_are_no_http(self):
        for junk in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 100, b"HELO ward\r\n\r\n",
                     b"GET / HTTP/1.1\nHost: localhost\n\n", b"MSH|^~\\&|A|B\r\x1c\r"):
            connection = self.ward.connect()
            connection.sendall(junk)
            connection.shutdown(socket.SHUT_WR)
            answer = read_all(connection)
            self.assertTrue(answer == b"" or answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 4")), junk)
            connection.close()
        self.assertEqual(self.ward.get("/healthz")[0], 200)

    def test_several_requests_on_one_connection_pipelined_too(self):
        connection = self.ward.connect()
        one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        connection.sendall(one * 3 + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        self.assertEqual(read_all(connection).count(b"HTTP/1.1 200 OK"), 4)
        connection.close()

    def test_expect_100_continue(self):
        out = subprocess.run(["curl", "-sS", "--noproxy", "*", "-H", "Expect: 100-continue",
                              "-H", "Content-Type: application/json", "-H", "X-Magwatch-Client: t",
                              "-d", json.dumps(STOP), "http://127.0.0.1:%d/api/v1/entries" % self.ward.port],
                             capture_output=True, text=True, check=True).stdout
        self.assertEqual(json.loads(out)["accepted"], True)


class Events:
    """Reads server-sent events, as the standard says."""

    def __init__(self, connection):
        self.connection = connection
        connection.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.rest = b""
        self.head = self.until(b"\r\n\r\n").decode()

    def until(self, mark):
        while mark not in self.rest:
            part = self.connection.recv(65536)
            if not part:
                raise EOFError(self.rest)
            self.rest += part
        found, self.rest = self.rest.split(mark, 1)
        return found

    def next(self):
        name, data = self.until(b"\n\n").decode().split("\n")
        assert name.startswith("event: ") and data.startswith('data: {"simulation":'), (name, data)
        return name[7:], json.loads(data[6:])

    def wait_for(self, wanted):
        while True:
            name, data = self.next()
            if name == wanted:
                return data


class Stream(unittest.TestCase):
    def test_a_snapshot_then_heartbeats_and_what_changed(self):
        with FakeWard() as ward:
            connection = ward.connect()
            events = Events(connection)
            self.assertIn("HTTP/1.1 200 OK\r\n", events.head)
            self.assertIn("Content-Type: text/event-stream\r\n", events.head)
            self.assertIn("Cache-Control: no-store\r\n", events.head)
            self.assertNotIn("Content-Length", events.head)
            name, snapshot = events.next()
            self.assertEqual((name, list(snapshot)[:2]), ("snapshot", ["simulation", "server_time"]))
            self.assertEqual(snapshot["beds"], ward.get("/api/v1/beds")[2]["beds"])
            beats = [events.next() for _ in range(3)]
            self.assertEqual([name for name, _ in beats], ["heartbeat"] * 3, "nothing changed")
            first, last = (datetime.datetime.fromisoformat(beats[i][1]["server_time"].replace("Z", "+00:00")) for i in (1, 2))
            self.assertGreater(last - first, datetime.timedelta(seconds=1.5), "every 2 s")
            ward.command("a")
            update = events.wait_for("update")
            self.assertEqual(update["sequence"], snapshot["sequence"] + 1)
            self.assertEqual([alarm["message"] for alarm in update["alarms"]], ["Slow breathing!"])
            self.assertEqual([bed["alias"] for bed in update["beds"]], ["bed-3"], "it stands in its bed, too")
            self.assertEqual(ward.metric("magwatch_displays_connected"), 1)
            late = Events(ward.connect())
            self.assertEqual(late.next()[1]["alarms"], update["alarms"])
            ward.command("vg")
            update = late.wait_for("update")
            if not update["gone"]:
                update = late.wait_for("update")
            self.assertEqual(update["gone"], ["bed-4"])
            connection.close()
            late.connection.close()

    def test_a_board_that_is_switched_off_is_not_counted(self):
        with FakeWard() as ward:
            Events(ward.connect()).connection.close()
            deadline = time.monotonic() + 20
            names = "magwatch_displays_connected", "magwatch_http_connections"
            while tuple(map(ward.metric, names)) != (0, 1):  # the one that asks
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.05)

    def test_streams_are_no_idle_connections_and_have_limits_of_their_own(self):
        with FakeWard(streams=5, streams_per_key=3, idle_ms=300) as ward:
            boards = [Events(ward.connect("127.0.0.2")) for _ in range(3)]
            one_too_many = ward.connect("127.0.0.2")
            self.assertIn("HTTP/1.1 503 ", Events(one_too_many).head)
            one_too_many.close()
            boards += [Events(ward.connect("127.0.0.3")) for _ in range(2)]
            refused = ward.connect("127.0.0.4")
            self.assertIn("HTTP/1.1 503 ", Events(refused).head)
            refused.close()
            # Sixteen silent connections of a board's address push each other out, and no board.
            silent = [ward.connect("127.0.0.2") for _ in range(20)]
            for board in boards:
                self.assertEqual(board.next()[0], "snapshot")
                for _ in range(2):
                    board.wait_for("heartbeat")
            self.assertEqual(ward.metric("magwatch_displays_connected"), 5)
            for board in boards:
                board.connection.close()
            for connection in silent:
                connection.close()

    def deaf_reader(self, ward, change):
        """Nobody waits for a reader that takes nothing; the others read on."""
        deaf = ward.connect(receive_buffer=4096)
        deaf.sendall(b"GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        good = Events(ward.connect())
        self.assertEqual(good.next()[0], "snapshot")
        deadline = time.monotonic() + 60
        while not ward.metric('magwatch_http_refused_total{reason="reader"}'):
            self.assertLess(time.monotonic(), deadline)
            change()
            good.next()
        while ward.metric("magwatch_displays_connected") != 1:
            self.assertLess(time.monotonic(), deadline)
            good.next()
        deaf.close()
        good.connection.close()

    def test_a_reader_that_takes_nothing_is_closed(self):
        # Long enough for the other reader on a busy machine.
        with FakeWard(mode="large", write_ms=5_000) as ward:
            self.deaf_reader(ward, lambda: None)

    def test_a_reader_that_falls_behind_is_closed(self):
        with FakeWard(mode="large", write_ms=600_000) as ward:
            self.deaf_reader(ward, lambda: ward.command("a"))

    def test_a_loop_that_stands_still_is_said_by_every_heartbeat(self):
        with FakeWard(stuck=True) as ward:
            events = Events(ward.connect())
            while events.wait_for("heartbeat")["alive"]:
                pass
            events.connection.close()

    def test_a_page_of_another_site_holds_no_stream_open(self):
        with FakeWard() as ward:
            for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
                self.assertEqual(ward.request("GET", "/api/v1/stream", headers=headers)[0], 403)
            self.assertEqual(ward.request("GET", "/api/v1/stream?x=1")[0], 400)

    def test_stop_ends_streams_at_once(self):
        ward = FakeWard()
        board = Events(ward.connect())
        self.assertEqual(board.next()[0], "snapshot")
        started = time.monotonic()
        self.assertEqual(ward.stop(), 0)
        self.assertLess(time.monotonic() - started, 3)
        read_all(board.connection)
        board.connection.close()


class People(unittest.TestCase):
    def test_a_pin_unlocks_a_station_and_nothing_waits_for_its_hash(self):
        with FakeWard(pin="246810") as ward:
            urine = {"key": "k", "kind": "urine", "bed": "bed-3", "value": 50, "unit": "mL"}
            self.assertEqual(ward.post("/api/v1/entries", urine)[0], 401)
            who = {"person": "midwife-1", "pin": "246810"}
            status, headers, answer = ward.post("/api/v1/session/unlock", who)
            self.assertEqual((status, answer["unlocked"]["person"]), (200, "midwife-1"))
            self.assertIn("HttpOnly", headers["Set-Cookie"])
            cookie = headers["Set-Cookie"].split(";")[0]
            self.assertEqual(ward.post("/api/v1/entries", urine, Cookie=cookie)[0], 200)
            self.assertEqual(ward.lines.get(timeout=10), {"input": "entry k", "person": "midwife-1"})
            path = "/api/v1/alarms/3-7/acknowledge"
            self.assertEqual(ward.post(path, {}, Cookie=cookie)[0], 401)
            self.assertEqual(ward.post(path, {"pin": "246810"}, Cookie=cookie)[0], 200)
            self.assertEqual(ward.lines.get(timeout=10)["person"], "midwife-1")
            self.assertEqual(ward.post("/api/v1/session/lock", {}, Cookie=cookie)[0], 200)
            self.assertEqual(ward.post("/api/v1/entries", urine, Cookie=cookie)[0], 401)

    def test_guesses_side_by_side_wait_as_those_in_a_row_do(self):
        with FakeWard(pin="246810") as ward, concurrent.futures.ThreadPoolExecutor(10) as pool:
            guesses = [pool.submit(ward.post, "/api/v1/session/unlock", {"person": "midwife-1", "pin": "99999%d" % n})
                       for n in range(10)]
            self.assertEqual(ward.get("/api/v1/alarms")[0], 200)
            answers = [guess.result(timeout=60) for guess in guesses]
            self.assertEqual({status for status, _, _ in answers}, {401})
            waits = [answer["error"] for _, _, answer in answers if "wait" in answer["error"]]
            self.assertGreaterEqual(len(waits), 5)

    def test_people_are_set_by_the_socket_and_kept(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "people.json")
            with FakeWard(pin="246810", people=path) as ward:
                doctor = {"name": "doctor-1", "role": "doctor", "label": "Dr A", "pin": "135790"}
                self.assertEqual(ward.post("/api/v1/people", doctor)[0], 403)
                self.assertEqual(ward.post("/api/v1/people", doctor, unix=True)[0], 200)
                self.assertEqual([one["name"] for one in ward.get("/api/v1/people")[2]["people"]],
                                 ["doctor-1", "midwife-1"])
            self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
            with open(path, encoding="utf-8") as file:
                self.assertNotIn("135790", file.read())


class Hostile(unittest.TestCase):
    def test_fifty_slow_clients_and_good_ones_beside(self):
        with FakeWard(header_ms=1500, body_ms=1500) as ward:
            slow = [ward.connect() for _ in range(50)]
            for connection in slow:
                connection.settimeout(20)

            def dribble(connection):
                try:
                    for byte in b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 200:
                        connection.send(bytes([byte]))
                        time.sleep(0.02)
                except OSError:
                    pass
                return read_all(connection)

            with concurrent.futures.ThreadPoolExecutor(60) as pool:
                ends = [pool.submit(dribble, connection) for connection in slow]
                for _ in range(60):
                    started = time.monotonic()
                    self.assertEqual(ward.get("/healthz")[0], 200)
                    self.assertEqual(ward.post("/api/v1/calls/1207/answer",
                                               {"person": "m", "answer": "coming"})[0], 200)
                    self.assertLess(time.monotonic() - started, 5)
                for end in ends:
                    text = end.result(timeout=30)
                    self.assertTrue(text == b"" or b" 408 " in text.split(b"\r\n")[0], text[:80])
            for connection in slow:
                connection.close()
            refused = sum(ward.metric('magwatch_http_refused_total{reason="%s"}' % reason)
                          for reason in ("evicted", "timeout"))
            self.assertGreaterEqual(refused, 50)

    def test_a_header_a_body_and_a_pause_each_have_their_time(self):
        with FakeWard(header_ms=300, body_ms=300, idle_ms=300) as ward:
            silent = ward.connect()
            self.assertIn(b" 408 ", read_all(silent).split(b"\r\n")[0])
            body = ward.connect()
            body.sendall(b"POST /api/v1/entries HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
            self.assertIn(b" 408 ", read_all(body).split(b"\r\n")[0])
            idle = ward.connect()
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertEqual(read_all(idle).count(b"HTTP/1.1"), 1)
            for connection in (silent, body, idle):
                connection.close()

    def test_a_client_that_takes_no_answer_is_dropped(self):
        with FakeWard(mode="large", write_ms=300) as ward:
            deaf = ward.connect(receive_buffer=4096)
            deaf.sendall(b"GET /api/v1/pages HTTP/1.1\r\nHost: localhost\r\n\r\n")
            deadline = time.monotonic() + 20
            while ward.metric("magwatch_http_connections") > 1 and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertEqual(ward.metric("magwatch_http_connections"), 1)  # the one that asks
            deaf.close()

    def test_addresses_are_counted_apart_and_the_whole_is_bounded(self):
        with FakeWard() as ward:
            held = [ward.connect("127.0.0.%d" % (2 + n // 16)) for n in range(17 * 16)]
            self.assertEqual(ward.get("/healthz")[0], 200)
            self.assertLessEqual(ward.metric("magwatch_http_connections"), 256)
            for connection in held:
                connection.close()

    def test_a_stuck_loop_is_not_alive(self):
        with FakeWard(stuck=True) as ward:
            deadline = time.monotonic() + 30
            while ward.get("/healthz")[0] == 200 and time.monotonic() < deadline:
                time.sleep(0.2)
            status, _, body = ward.get("/healthz")
            self.assertEqual((status, body["alive"]), (503, False))
            self.assertEqual(ward.get("/readyz")[0], 503)

    def test_stop_ends_open_connections_at_once(self):
        ward = FakeWard()
        open_ones = [ward.connect() for _ in range(5)]
        waiting = ward.connect()
        body = json.dumps({**STOP, "person": "silent"}).encode()
        waiting.sendall(b"POST /api/v1/entries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        b"X-Magwatch-Client: t\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        self.assertEqual(ward.lines.get(timeout=10)["input"], "entry k1")
        started = time.monotonic()
        self.assertEqual(ward.stop(), 0)
        self.assertLess(time.monotonic() - started, 3)
        self.assertFalse(os.path.exists(ward.socket_path))
        for connection in open_ones + [waiting]:
            connection.close()


class Simulation(unittest.TestCase):
    def test_every_answer_of_a_demo_says_so(self):
        with FakeWard(mode="demo") as ward:
            for path in GETS + ["/nowhere"]:
                _, headers, body = ward.get(path)
                self.assertEqual((headers["X-Magwatch-Simulation"], body["simulation"]), ("true", True), path)
            self.assertIn("X-Magwatch-Simulation", ward.request("GET", "/metrics")[1])
            self.assertIn(b"SIMULATION", ward.request("GET", "/answer/" + ward.link)[2])
            self.assertEqual(ward.post("/api/v1/entries", STOP)[2]["simulation"], True)


class UnixSocket(unittest.TestCase):
    """Who may use the socket. As root it tries other users; else it tries what it can: itself."""

    def curl_as(self, ward, uid, gid, groups=None):
        command = ["curl", "-sS", "--max-time", "20", "--unix-socket", ward.socket_path, "http://localhost/api/v1/status"]
        if uid is not None:
            wanted = ["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]
            command = ["setpriv", "--reuid", str(uid), "--regid", str(gid)] + wanted + command
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_the_kernel_says_who_asks(self):
        with FakeWard(group=23456) as ward:
            mode = os.stat(ward.socket_path)
            self.assertEqual(mode.st_mode & 0o777, 0o660)
            self.assertEqual(json.loads(self.curl_as(ward, None, None).stdout)["mode"], "ward")
            if os.geteuid() != 0:
                return
            self.assertEqual(mode.st_gid, 23456)
            os.chmod(ward.socket_path, 0o666)  # so that the mode does not hide the check behind it
            self.assertEqual(json.loads(self.curl_as(ward, 12345, 23456).stdout)["mode"], "ward")
            self.assertEqual(json.loads(self.curl_as(ward, 12345, 12345, [23456]).stdout)["mode"], "ward")
            before = ward.metric('magwatch_http_refused_total{reason="peer"}')
            refused = json.loads(self.curl_as(ward, 12345, 12345, [34567]).stdout)
            self.assertIn("may not use the socket", refused["error"])
            self.assertEqual(ward.metric('magwatch_http_refused_total{reason="peer"}'), before + 1)

    def test_a_dead_daemons_socket_is_replaced_and_a_living_ones_is_not(self):
        with FakeWard() as ward:
            second = FakeWard(socket=ward.socket_path)
            self.assertIn("another daemon listens there", second.error)
            self.assertEqual(second.stop(), 1)
            self.assertEqual(ward.get("/healthz", unix=True)[0], 200)
            ward.kill()
            third = FakeWard(socket=ward.socket_path)
            self.assertIsNone(third.error)
            self.assertEqual(third.get("/healthz", unix=True)[0], 200)
            self.assertEqual(third.stop(), 0)

    def test_a_port_that_is_taken_is_said(self):
        with FakeWard() as ward:
            second = FakeWard(port=ward.port, socket="")
            self.assertIn("Address already in use", second.error)
            self.assertEqual(second.stop(), 1)

    def listens(self, ward):
        ward.command("?")
        return ward.lines.get(timeout=30)["listens"]

    def test_a_port_that_is_taken_takes_no_socket_along_and_is_listened_at_when_it_is_free(self):
        for how in ("by itself", "asked to"):
            with self.subTest(how), socket.create_server(("127.0.0.1", 0)) as other:
                port = other.getsockname()[1]
                with FakeWard(port=port, goes_on=True, listen_again_ms=20 if how == "by itself" else 3_600_000) as ward:
                    self.assertIn("Address already in use", ward.error)
                    self.assertEqual(ward.get("/healthz", unix=True)[0], 200)
                    self.assertFalse(self.listens(ward))
                    other.close()
                    end = time.monotonic() + 60
                    while not self.listens(ward):
                        self.assertLess(time.monotonic(), end, "it never listens")
                        if how == "asked to":
                            ward.command("l")
                    self.assertEqual(ward.get("/healthz")[0], 200)
                    self.assertEqual(ward.get("/healthz", unix=True)[0], 200)

    def test_a_socket_that_cannot_be_made_takes_no_port_along_and_comes_later(self):
        with FakeWard() as first:
            with FakeWard(port=0, socket=first.socket_path, goes_on=True, listen_again_ms=20) as second:
                self.assertIn("another daemon listens there", second.error)
                self.assertEqual(second.get("/healthz")[0], 200)
                self.assertFalse(self.listens(second))
                self.assertEqual(first.get("/healthz", unix=True)[0], 200)
                first.kill()
                end = time.monotonic() + 60
                while not self.listens(second):
                    self.assertLess(time.monotonic(), end, "it never listens")
                self.assertEqual(second.get("/healthz", unix=True)[0], 200)
                self.assertEqual(os.stat(second.socket_path).st_mode & 0o777, 0o660)

    def test_who_never_had_the_socket_leaves_it_where_it_is(self):
        with FakeWard() as first:
            with FakeWard(socket=first.socket_path, goes_on=True) as second:
                self.assertIn("another daemon listens there", second.error)
            self.assertEqual(first.get("/healthz", unix=True)[0], 200)


if __name__ == "__main__":
    support.PROGRAM = sys.argv.pop(1)
    unittest.main(verbosity=2)
