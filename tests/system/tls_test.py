#!/usr/bin/python3
"""The ward board and its API over TLS, asked by OpenSSL, curl and Python: versions, cookies, slow and plain clients,
certificates that change, end or do not fit, and that nothing leaves this machine in the clear.

  tls_test.py MAGWATCHD MAGWATCH
"""
import contextlib
import http.client
import json
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from board_streams import faults, series
from ward_process import WardTest, wait_for

BINARY, MAGWATCH = sys.argv.pop(1), sys.argv.pop(1)
NAME = "ward-pc.example"
EXPIRY = "magwatch_http_certificate_expiry_timestamp_seconds"


def refused(reason):
    return 'magwatch_http_refused_total{reason="%s"}' % reason


class Authority:
    """A hospital's own: it gives out certificates for some days, also ones that are over."""

    def __init__(self, folder):
        self.folder = folder
        self.key("ca")
        self.openssl("req", "-x509", "-new", "-key", folder / "ca.key", "-days", 30, "-subj", "/CN=hospital", "-out", self.file)
        (folder / "index").write_text("")
        (folder / "ca.cnf").write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={folder}/index\nnew_certs_dir={folder}\n"
                                       "default_md=sha256\npolicy=p\nrand_serial=yes\nunique_subject=no\n"
                                       "[p]\ncommonName=supplied\n")

    @property
    def file(self):
        return self.folder / "ca.crt"

    @staticmethod
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    def key(self, name):
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", self.folder / f"{name}.key")

    def give(self, name, days=200, names=f"DNS:{NAME},IP:127.0.0.1"):
        """(certificate, key) as texts."""
        def stamp(seconds):
            return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))
        base = self.folder / name
        self.key(name)
        self.openssl("req", "-new", "-key", f"{base}.key", "-subj", f"/CN={name}", "-out", f"{base}.csr")
        pathlib.Path(f"{base}.ext").write_text(f"subjectAltName={names}\n")
        self.openssl("ca", "-batch", "-config", self.folder / "ca.cnf", "-cert", self.file, "-keyfile", self.folder / "ca.key",
                     "-in", f"{base}.csr", "-extfile", f"{base}.ext", "-startdate", stamp(-30 * 86400), "-enddate",
                     stamp(days * 86400), "-notext", "-out", f"{base}.crt")
        return pathlib.Path(f"{base}.crt").read_text(), pathlib.Path(f"{base}.key").read_text()


class Tls(WardTest):
    binary = BINARY

    @classmethod
    def setUpClass(cls):
        cls.shelf = pathlib.Path(tempfile.mkdtemp(prefix="magwatch-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.shelf)
        cls.authority = Authority(cls.shelf)
        cls.trust = ssl.create_default_context(cafile=str(cls.authority.file))
        cls.pair = cls.authority.give("first")

    def setUp(self):
        super().setUp()
        self.port = self.ward.port
        self.ward.extra = ["--state-directory", str(self.ward.directory / "state")]  # also of a file that is refused
        self.plain_get = self.ward.get
        self.ward.get = self.get
        self.put(*self.pair)
        folder = self.ward.directory
        self.section = f'tls_certificate = "file:{folder}/board.crt"\ntls_key = "file:{folder}/board.key"\nhosts = ["{NAME}"]\n'
        self.config.write_text(self.config.read_text().replace("[http]\n", "[http]\n" + self.section))

    def put(self, certificate, key):
        for name, text in (("board.crt", certificate), ("board.key", key)):
            path = self.ward.directory / name
            path.write_text(text)
            path.chmod(0o600)

    def client(self, source="127.0.0.1"):
        one = http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=self.trust, source_address=(source, 0))
        self.addCleanup(one.close)
        return one

    def ask(self, method, path, body=None, client=None, **headers):
        """(status, headers, body) as a page of the board asks; a header of None is left out."""
        if client is None:
            with contextlib.closing(self.client()) as once:
                return self.ask(method, path, body, once, **headers)
        own = f"{NAME}:{self.port}"
        sent = {"Host": own, "Origin": "https://" + own, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json",
                "X-Magwatch-Client": "board"} | {name.replace("_", "-"): value for name, value in headers.items()}
        client.request(method, path, None if body is None else json.dumps(body),
                       {name: value for name, value in sent.items() if value is not None})
        answer = client.getresponse()
        return answer.status, answer.headers, answer.read()

    def get(self, path):
        try:
            status, _, body = self.ask("GET", path)
            return status, body
        except (OSError, http.client.HTTPException):
            return 0, b""

    def by_socket(self, path):
        """What the daemon says to the command line."""
        done = subprocess.run(["curl", "-sS", "--max-time", "30", "--unix-socket", self.ward.directory / "magwatchd.sock",
                               "http://localhost" + path], capture_output=True, text=True, check=False)
        return done.stdout

    def wire(self, source="127.0.0.1"):
        one = socket.create_connection(("127.0.0.1", self.port), timeout=60, source_address=(source, 0))
        self.addCleanup(one.close)
        return one

    def reload(self):
        """Whether the daemon took it."""
        log = self.ward.directory / "daemon.log"
        before = len(log.read_text())
        self.ward.process.send_signal(signal.SIGHUP)

        def told():
            new = log.read_text()[before:]
            return "the new configuration is in force" in new or "configuration.refused" in new
        wait_for("the reload", told, 60)
        return series(self.ward, "magwatch_config_last_reload_successful") == 1

    def check(self, text=None):
        """(exit code, what it says) of `magwatch config check`."""
        path = self.config
        if text is not None:
            path = self.ward.directory / "checked.toml"
            path.write_text(text)
        done = subprocess.run([MAGWATCH, "config", "check", path], capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stdout + done.stderr

    def doctor(self, check):
        """[(verdict, found)] of one check of `magwatch doctor`."""
        done = subprocess.run([MAGWATCH, "doctor", "--config", self.config, "--json"], capture_output=True, text=True, check=False,
                              timeout=60)
        return [(one["verdict"], one["found"]) for one in json.loads(done.stdout)["checks"] if one["check"] == check]

    def shown(self):
        """The certificate that a client is shown, as text."""
        with self.trust.wrap_socket(self.wire(), server_hostname=NAME) as one:
            return one.getpeercert()["subject"][0][0][1]

    def silent(self, wire, data=b""):
        """What the server says until it closes."""
        got = b""
        try:
            wire.sendall(data)
            while part := wire.recv(4096):
                got += part
        except OSError:
            pass
        return got


class Wire(Tls):
    def s_client(self, *arguments):
        return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-CAfile", self.authority.file,
                               "-verify_return_error", "-servername", NAME, *arguments], input="", capture_output=True,
                              text=True, check=False, timeout=60)

    def test_new_versions_and_strong_suites_alone(self):
        self.start()
        for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
            done = self.s_client(version)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(name, done.stdout)
            self.assertIn("Verify return code: 0 (ok)", done.stdout)
            self.assertIn("Compression: NONE", done.stdout)
        before = series(self.ward, refused("tls"))
        for version in ("-tls1", "-tls1_1"):
            done = self.s_client(version, "-cipher", "ALL:@SECLEVEL=0")
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("alert protocol version", done.stderr, "the daemon must have refused it, not the client")
        for suite in ("ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256"):
            done = self.s_client("-tls1_2", "-cipher", suite + ":@SECLEVEL=0")
            self.assertNotEqual(done.returncode, 0, suite)
            self.assertIn("handshake failure", done.stderr, suite)
        self.assertEqual(series(self.ward, refused("tls")), before + 5)

    def test_it_is_reached_under_its_names_alone(self):
        self.start()
        where = ["--cacert", self.authority.file, "--resolve", f"{NAME}:{self.port}:127.0.0.1"]
        done = subprocess.run(["curl", "-sS", "-D", "-", *where, f"https://{NAME}:{self.port}/readyz"], capture_output=True,
                              text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(" 200 ", done.stdout.splitlines()[0])
        self.assertIn("Strict-Transport-Security: max-age=31536000", done.stdout)
        self.assertEqual(self.ask("GET", "/readyz", Host=f"127.0.0.1:{self.port}")[0], 200)
        self.assertEqual(self.ask("GET", "/readyz", Host=f"other.example:{self.port}")[0], 421)
        done = subprocess.run(["curl", "-sS", "--resolve", f"{NAME}:{self.port}:127.0.0.1", f"https://{NAME}:{self.port}/"],
                              capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(done.returncode, 60, "nobody but the hospital's authority vouches for it")

    def test_a_connection_takes_one_request_after_another(self):
        self.start()
        client = self.client()
        self.assertEqual(self.ask("GET", "/readyz", client=client)[0], 200)
        first = client.sock
        self.assertIsNotNone(first)
        for _ in range(3):
            self.assertEqual(self.ask("GET", "/api/v1/beds", client=client)[0], 200)
            status, _, body = self.ask("POST", "/api/v1/session/unlock", {"person": "x", "pin": "1" * 70000}, client=client)
            if status == 413:
                break
            self.fail(f"{status} {body}")
        # The refusal of what was too large was read to its end, although more was under way.
        with self.trust.wrap_socket(self.wire(), server_hostname=NAME) as one:
            head = f"GET /readyz HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode()
            one.sendall(head + head)  # both in one record
            got = b""
            while got.count(b"HTTP/1.1 200") < 2:
                part = one.recv(4096)
                self.assertTrue(part, got)
                got += part
            one.sendall(head)
            self.assertIn(b"HTTP/1.1 200", one.recv(4096))

    def test_two_requests_that_come_in_one_segment_are_both_answered_at_once(self):
        self.start()
        wire, come, go = self.wire(), ssl.MemoryBIO(), ssl.MemoryBIO()
        one = self.trust.wrap_bio(come, go, server_hostname=NAME)

        def step(what):
            while True:
                try:
                    return what()
                except ssl.SSLWantReadError:
                    wire.sendall(go.read())
                    come.write(wire.recv(16384))
        step(one.do_handshake)
        for _ in range(2):  # two records: the second is read from the socket together with the first
            one.write(f"GET /readyz HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
        wire.sendall(go.read())
        wire.settimeout(20)  # less than an idle connection lives
        got = b""
        while got.count(b"HTTP/1.1 200") < 2:
            got += step(lambda: one.read(4096))

    def test_plain_http_is_closed_without_a_word_and_counted(self):
        self.start()
        before = series(self.ward, refused("tls"))
        said = self.silent(self.wire(), f"GET /api/v1/beds HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
        self.assertNotIn(b"HTTP/1.1", said)
        self.assertNotIn(b"bed-1", said)
        self.assertEqual(series(self.ward, refused("tls")), before + 1)

    def test_slow_handshakes_hold_nobody_out(self):
        self.start()
        stream = self.client("127.0.0.98")
        stream.request("GET", "/api/v1/stream", headers={"Host": NAME})
        lines = stream.getresponse()
        self.assertEqual(lines.status, 200)
        gone = sum(series(self.ward, refused(reason)) for reason in ("timeout", "evicted", "tls"))
        # More of one address than it may have, more in all than there may be; some begin and stop.
        crowd = [self.wire() for _ in range(20)]
        for host in range(2, 22):
            crowd += [self.wire(f"127.0.0.{host}") for _ in range(17)]
        for one in crowd[::2]:
            try:
                one.sendall(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a greeting
            except OSError:
                pass  # it made way
        self.assertEqual(self.ask("GET", "/readyz")[0], 200, "from the address of the crowd")
        self.assertEqual(self.ask("GET", "/readyz", client=self.client("127.0.0.99"))[0], 200, "from another")
        self.assertLessEqual(series(self.ward, "magwatch_http_connections"), 256)
        for one in crowd:
            self.assertNotIn(b"HTTP/1.1", self.silent(one), "who says nothing hears nothing, and is left in the end")
        counted = sum(series(self.ward, refused(reason)) for reason in ("timeout", "evicted", "tls")) - gone
        self.assertGreaterEqual(counted, len(crowd), "each of them")
        self.assertLess(counted, len(crowd) + 50, "once")
        wait_for("a heartbeat of the stream that was open all the time", lambda: b"heartbeat" in lines.readline(), 60)


class Sessions(Tls):
    def setUp(self):
        super().setUp()
        self.start()
        self.ward.must("people", {"name": "midwife-1", "role": "midwife", "pin": "471108"})
        self.ward.watch()

    def unlock(self):
        status, headers, body = self.ask("POST", "/api/v1/session/unlock", {"person": "midwife-1", "pin": "471108"})
        self.assertEqual(status, 200, body)
        return headers["Set-Cookie"], headers

    def entry(self, key, **headers):
        return self.ask("POST", "/api/v1/entries", {"key": key, "bed": "bed-1", "kind": "urine", "value": 50, "unit": "mL"},
                        **headers)

    def test_a_station_is_unlocked_and_changes_reach_the_stream(self):
        client = self.client()
        client.request("GET", "/api/v1/stream", headers={"Host": NAME})
        stream = client.getresponse()
        self.assertEqual((stream.status, stream.headers["Strict-Transport-Security"]), (200, "max-age=31536000"))
        heard = []
        reader = threading.Thread(target=lambda: heard.extend(iter(stream.readline, b"")), daemon=True)
        cookie, headers = self.unlock()
        self.assertEqual(headers["Strict-Transport-Security"], "max-age=31536000")
        reader.start()
        status, _, body = self.entry("e1", Cookie=cookie.split(";")[0])
        self.assertEqual(status, 200, body)
        wait_for("the change in the stream", lambda: any(b'"chart_count":1' in line for line in list(heard)), 60)
        chart = json.loads(self.ask("GET", "/api/v1/beds/bed-1/chart")[2])
        self.assertEqual([(one["kind"], one["by"]) for one in chart["entries"]], [("urine", "midwife-1")])

    def test_the_cookie_belongs_to_tls_and_to_this_host(self):
        cookie, _ = self.unlock()
        name, flags = cookie.split("=", 1)[0], {one.strip() for one in cookie.split(";")[1:]}
        self.assertEqual(name, "__Host-magwatch_session")
        self.assertLessEqual({"Secure", "HttpOnly", "SameSite=Strict", "Path=/"}, flags)
        self.assertFalse([one for one in flags if one.startswith("Domain")])
        own = cookie.split(";")[0]
        self.assertEqual(self.entry("e1", Cookie=own.removeprefix("__Host-"))[0], 401)
        self.assertEqual(self.entry("e1", Cookie=own)[0], 200)
        for origin in (f"http://{NAME}:{self.port}", f"https://{NAME}", "https://other.example", "null"):
            self.assertEqual(self.entry("e2", Cookie=own, Origin=origin)[0], 403, origin)
        status, headers, _ = self.ask("POST", "/api/v1/session/lock", {}, Cookie=own)
        self.assertEqual(status, 200)
        self.assertTrue(headers["Set-Cookie"].startswith("__Host-magwatch_session=;"))
        self.assertIn("Max-Age=0", headers["Set-Cookie"])
        self.assertEqual(self.entry("e3", Cookie=own)[0], 401)


class Certificates(Tls):
    def test_a_reload_serves_the_new_certificate_and_keeps_what_is_open(self):
        self.put(*self.authority.give("soon", days=20))
        self.start()
        self.assertEqual(self.shown(), "soon")
        wait_for("told", lambda: faults(self.ward).get("certificate") == "The board's certificate ends within 30 days", 60)
        ends = series(self.ward, EXPIRY)
        self.assertAlmostEqual(ends, time.time() + 20 * 86400, delta=600)
        self.assertIn("warning", {verdict for verdict, found in self.doctor("certificate") if "[http] ends in" in found})
        self.assertIn(("ok", f"web and API 127.0.0.1:{self.port} with TLS"), self.doctor("listeners"))
        kept = self.client()
        self.assertEqual(self.ask("GET", "/readyz", client=kept)[0], 200)
        self.put(*self.authority.give("sooner", days=3))
        self.assertTrue(self.reload())
        wait_for("told anew", lambda: faults(self.ward).get("certificate") == "The board's certificate ends within 7 days", 60)
        wait_for("an alarm", lambda: "technical.certificate" in {one["rule"] for one in self.ward.json("alarms")["alarms"]}, 60)
        self.put(*self.authority.give("second"))
        self.assertTrue(self.reload())
        self.assertEqual(self.shown(), "second")
        wait_for("its end", lambda: faults(self.ward).get("certificate") is None, 60)
        self.assertGreater(series(self.ward, EXPIRY), ends)
        self.assertEqual(self.ask("GET", "/readyz", client=kept)[0], 200, "what was open goes on")

    def test_what_does_not_fit_or_is_over_is_refused_and_the_old_one_serves(self):
        self.start()
        self.assertEqual(self.check()[0], 0)
        first, other = self.pair, self.authority.give("other")
        over = self.authority.give("over", days=-1)
        for pair, why in (((first[0], other[1]), "do not belong together"), (over, "has ended"),
                          (self.authority.give("stranger", names="DNS:other.example"), "does not bear the name"),
                          (("no certificate", first[1]), "no PEM certificate")):
            self.put(*pair)
            code, said = self.check()
            self.assertEqual((code, why in said), (1, True), said)
            self.assertFalse(self.reload(), why)
            wait_for(why, lambda why=why: why in faults(self.ward).get("configuration", ""), 60)
            self.assertEqual(self.shown(), "first")
        self.put(*first)
        (self.ward.directory / "board.key").chmod(0o644)
        code, said = self.check()
        self.assertEqual((code, "may be read by others" in said), (1, True), said)
        (self.ward.directory / "board.key").unlink()
        self.assertEqual(self.check()[0], 1)
        self.assertFalse(self.reload())
        self.put(*first)
        self.assertTrue(self.reload())
        wait_for("its end", lambda: faults(self.ward).get("configuration") is None, 60)

    def test_a_start_without_a_usable_certificate_serves_nobody_in_the_clear(self):
        other = self.authority.give("other")
        self.put(self.pair[0], other[1])
        self.ward.start()
        wait_for("the socket", lambda: self.ward.process.poll() is not None or "fallback" in self.by_socket("/api/v1/status"), 60)
        status = json.loads(self.by_socket("/api/v1/status"))
        self.assertTrue(status["fallback"], self.ward.daemon_log())
        self.assertIn("certificate", status["fallback_reason"])
        self.assertEqual(self.plain_get("/readyz"), (0, b""))
        self.assertEqual(self.get("/readyz"), (0, b""))
        self.ward.watch()
        self.put(*self.pair)
        self.ward.process.send_signal(signal.SIGHUP)
        wait_for("the board", lambda: self.get("/readyz")[0] == 200, 60)
        wait_for("the present configuration", lambda: not self.ward.json("status")["fallback"], 60)

    def test_one_that_is_over_at_a_start_serves_on_by_the_last_good_configuration(self):
        self.start()
        self.ward.kill()
        over = self.authority.give("over", days=-1)
        self.put(*over)
        self.ward.start()
        wait_for("the socket", lambda: '"fallback":true' in self.by_socket("/api/v1/status").replace(" ", ""), 60)
        self.assertEqual(self.get("/readyz"), (0, b""), "who checks it is not fooled")
        wait_for("it is told", lambda: "has ended" in faults_by(self.by_socket("/api/v1/status")).get("certificate", ""), 60)


def faults_by(text):
    return {one["fault"]: one["detail"] for one in json.loads(text)["faults"]}


class Outside(Tls):
    """`listen` on another address than loopback."""

    def outside(self, section):
        text = self.config.read_text().replace(self.section, section)
        return text.replace(f'listen = "127.0.0.1:{self.port}"', f'listen = "0.0.0.0:{self.port}"')

    def test_without_tls_it_is_refused(self):
        plain = self.outside("")
        code, said = self.check(plain)
        self.assertEqual((code, "off this machine the board needs TLS" in said), (1, True), said)
        self.start()
        good = self.config.read_text()
        self.config.write_text(plain)
        self.assertFalse(self.reload())
        self.assertEqual(self.shown(), "first")
        self.ward.kill()
        self.start()
        self.assertTrue(self.ward.json("status")["fallback"], "the last good one runs, with TLS on loopback")
        self.config.write_text(good)
        self.assertTrue(self.reload())

    def test_without_tls_a_first_start_serves_nobody(self):
        self.config.write_text(self.outside(""))
        self.ward.start()
        self.assertEqual(self.ward.process.wait(60), 78)
        self.assertIn("off this machine the board needs TLS", self.ward.daemon_log())

    def test_with_tls_it_is_served(self):
        self.config.write_text(self.outside(self.section))
        self.start()
        self.assertFalse(self.ward.json("status")["fallback"], self.ward.daemon_log())
        with socket.create_connection(("127.0.0.2", self.port), timeout=60) as other, \
             self.trust.wrap_socket(other, server_hostname=NAME) as one:
            one.sendall(f"GET /readyz HTTP/1.1\r\nHost: {NAME}\r\n\r\n".encode())
            self.assertIn(b"HTTP/1.1 200", one.recv(4096))
        self.assertEqual(self.plain_get("/readyz"), (0, b""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
