#!/usr/bin/python3
"""A fake gateway for the faults of SNPP, which no real one shows on request: what it does to each command.

  snpp_fault_peer.py REPLY...     one reply a line of the client, from the connection on, the last one stays;
                                  "hang" says nothing, "cut" closes, "long" sends a line without end

Prints "READY PORT", then one JSON object for each line that it was sent.
"""
import json
import socketserver
import sys
import threading

stop = threading.Event()


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        for number in range(100):
            reply = sys.argv[1:][min(number, len(sys.argv) - 2)]
            if reply == "hang":
                stop.wait(60)
            elif reply == "cut":
                return
            elif reply == "long":
                self.wfile.write(b"2" * 100000)
            else:
                self.wfile.write(reply.encode() + b"\r\n")
            line = self.rfile.readline()
            if not line:
                return
            print(json.dumps({"line": line.decode().rstrip("\r\n")}), flush=True)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


server = Server(("127.0.0.1", 0), Handler)
print("READY", server.server_address[1], flush=True)
server.serve_forever()
