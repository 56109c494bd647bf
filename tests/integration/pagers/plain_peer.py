#!/usr/bin/python3
"""A plain HTTP receiver that answers with the statuses of its script, whatever it is asked.

  plain_peer.py [--tls CERT KEY] [--port N] ANSWER...     one answer a request, the last one stays

Answers: a status (200, 400, 500); slow:S (200 after S seconds); hang (read, never answer); close (read, close);
STATUS:@FILE (the file's bytes as the body). Prints "READY PORT", then one JSON object for each request: method, path,
authorization, type, headers (names in lower case), text (the body as UTF-8), json (if it is JSON).
"""
import http.server
import json
import ssl
import sys
import threading

arguments = sys.argv[1:]
tls = None
if arguments[0] == "--tls":
    tls = arguments[1:3]
    del arguments[:3]
port = 0
if arguments[0] == "--port":
    port = int(arguments[1])
    del arguments[:2]
script = arguments
lock = threading.Lock()
stop = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def answer(self):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        seen = {"method": self.command, "path": self.path, "authorization": self.headers["Authorization"],
                "type": self.headers["Content-Type"], "text": body.decode("utf-8", "replace"),
                "headers": {name.lower(): value for name, value in self.headers.items()}}
        try:
            seen["json"] = json.loads(body)
        except ValueError:
            pass
        with lock:
            behaviour = script.pop(0) if len(script) > 1 else script[0]
            print(json.dumps(seen), flush=True)
        status, _, value = behaviour.partition(":")
        if status == "hang":
            stop.wait(60)
            return
        if status == "close":
            return
        if status == "slow":
            stop.wait(float(value))
            status = "200"
        out = b"{}"
        if value.startswith("@"):
            with open(value[1:], "rb") as file:
                out = file.read()
        self.send_response(int(status))
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    do_POST = do_GET = answer


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that refuses our certificate is part of the test


server = Server(("127.0.0.1", port), Handler)
if tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print("READY", server.server_address[1], flush=True)
server.serve_forever(poll_interval=0.1)
