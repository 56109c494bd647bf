#!/usr/bin/python3
"""An SMS gateway on http.server, in the manner of those that sell messages: a form or JSON in, 201 and a message id out.

  sms_peer.py STATUS[,STATUS...]     one status a request, the last one stays; "hang" reads and never answers

Prints "READY PORT", then one JSON object for each request: path, type, authorization, idempotency, fields (of the
form, by urllib) or body (of the JSON).
"""
import http.server
import json
import sys
import threading
import urllib.parse

script = sys.argv[1].split(",")
lock = threading.Lock()
stop = threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        seen = {"path": self.path, "type": self.headers["Content-Type"],
                "authorization": self.headers["Authorization"], "idempotency": self.headers["Idempotency-Key"]}
        if seen["type"] == "application/json":
            seen["body"] = json.loads(body)
        else:
            seen["fields"] = urllib.parse.parse_qsl(body.decode("ascii"), strict_parsing=True)
        with lock:
            status = script.pop(0) if len(script) > 1 else script[0]
            print(json.dumps(seen), flush=True)
        if status == "hang":
            stop.wait(60)
            return
        answer = json.dumps({"sid": "SM" + "0" * 32, "status": "queued"}).encode()
        self.send_response(int(status))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("READY", server.server_address[1], flush=True)
server.serve_forever()
