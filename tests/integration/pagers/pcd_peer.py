#!/usr/bin/python3
"""An alarm manager on plain sockets that reads PCD-04 with python3-hl7, a parser that is not ours.

  pcd_peer.py ANSWER...     one answer for each message, the last one stays

Answers: CA, CE, CR, AA (acknowledged so); silent (read, never answered); close; other (the acknowledgement of another
message); garbage (no HL7); split (CA in pieces); twice (CA, and again). Prints "READY PORT", then one JSON object for
each message: {"segments": [[name, field 1, ...], ...], "connection": number}. MSH-1 and MSH-2 stand as HL7 counts them.
"""
import json
import socket
import sys
import threading
import time

import hl7

script = sys.argv[1:]
lock = threading.Lock()
connections = 0


def serve(connection, number):
    data = b""
    while True:
        try:
            more = connection.recv(4096)
        except OSError:
            return
        if not more:
            return
        data += more
        while b"\x1c\r" in data:
            frame, data = data.split(b"\x1c\r", 1)
            assert frame.startswith(b"\x0b"), "bytes outside of a frame"
            message = hl7.parse(frame[1:].decode("utf-8"))
            with lock:
                answer = script.pop(0) if len(script) > 1 else script[0]
                print(json.dumps({"segments": [[str(field) for field in segment] for segment in message],
                                  "connection": number}), flush=True)
            control = str(message.segment("MSH")[10])
            if answer == "silent":
                continue
            if answer == "close":
                connection.close()
                return
            if answer == "garbage":
                connection.sendall(b"\x0bhello\x1c\r")
                continue
            if answer == "other":
                control += "x"
            code = answer if len(answer) == 2 else "CA"
            reply = (f"\x0bMSH|^~\\&|MANAGER||magwatch||20261121021405||ACK^R40^ACK|a1|P|2.6\rMSA|{code}|{control}\r"
                     "\x1c\r").encode()
            if answer == "twice":
                reply += reply
            if answer == "split":
                for byte in reply:
                    connection.sendall(bytes([byte]))
                    time.sleep(0)
            else:
                connection.sendall(reply)


listener = socket.create_server(("127.0.0.1", 0))
print("READY", listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    connections += 1
    threading.Thread(target=serve, args=(connection, connections), daemon=True).start()
