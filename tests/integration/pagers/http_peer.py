#!/usr/bin/python3
"""A plain receiver of webhooks on http.server that behaves as its script says, request by request.

  http_peer.py KEY_BASE64[,KEY_BASE64...] BEHAVIOUR...     the last behaviour stays

Behaviours: a status (204, 500, 302); slow:S (answer after S seconds); hang (read, never answer); close (read,
close); garbage (no HTTP); endless (200 and a body without end); retry:S (429 with Retry-After). Options: --tls CERT KEY.
Prints "READY PORT", then one JSON object for each request, with its own check of the signature: "valid" if the
first key made it, "signed_by" the numbers of the keys that did.
"""
import base64
import hashlib
import hmac
import http.server
import json
import ssl
import sys
import threading
import time

arguments = sys.argv[1:]
tls = None
if "--tls" in arguments:
    at = arguments.index("--tls")
    tls = arguments[at + 1:at + 3]
    del arguments[at:at + 3]
keys = [base64.b64decode(text) for text in arguments[0].split(",")]
script = arguments[1:]
lock = threading.Lock()
stop = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        with lock:
            print(json.dumps({"method": "GET", "path": self.path}), flush=True)
        self.send_error(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + body
        macs = ["v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
        given = self.headers["webhook-signature"].split(" ")
        signed_by = [number for number, mac in enumerate(macs) if mac in given]
        with lock:
            behaviour = script.pop(0) if len(script) > 1 else script[0]
            print(json.dumps({"method": "POST", "path": self.path, "id": self.headers["webhook-id"],
                              "timestamp": int(self.headers["webhook-timestamp"]), "now": time.time(),
                              "valid": 0 in signed_by, "signed_by": signed_by,
                              "type": self.headers["Content-Type"], "expect": self.headers["Expect"],
                              "body": json.loads(body), "behaviour": behaviour}), flush=True)
        name, _, value = behaviour.partition(":")
        if name == "hang":
            stop.wait(60)
            return
        if name == "close":
            return
        if name == "garbage":
            self.wfile.write(b"SSH-2.0-OpenSSH\r\n")
            return
        if name == "endless":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65536)
        if name == "slow":
            stop.wait(float(value))
            name = "204"
        if name == "retry":
            self.send_response(429)
            self.send_header("Retry-After", value)
        else:
            self.send_response(int(name))
            if name.startswith("3"):
                self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that closes early, or refuses our certificate, is part of the script


server = Server(("127.0.0.1", 0), Handler)
if tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    # The handshake belongs to the connection's thread, not to accept().
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(f"READY {server.server_address[1]}", flush=True)
server.serve_forever(poll_interval=0.1)
