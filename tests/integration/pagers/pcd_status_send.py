#!/usr/bin/python3
"""An alarm manager that tells what became of a report: PCD-05 with python3-hl7's own MLLP client.

  pcd_status_send.py PORT CONTROL_ID STATUS[=PERSON]...     one message each; "junk" is no HL7 message at all

Prints "READY 1", then {"code": MSA-1, "id": MSA-2} for each answer, or {"closed": true}.
"""
import json
import sys

import hl7
from hl7.client import MLLPClient

print("READY 1", flush=True)
port, control, statuses = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
with MLLPClient("127.0.0.1", port) as client:
    for number, status in enumerate(statuses):
        word, _, person = status.partition("=")
        message = (f"MSH|^~\\&|MANAGER||magwatch||20261121021405||ORA^R41^ORA_R41|s{number}|P|2.7|||AL|NE\r"
                   f"MSA|AA|{control}\rOBR|1||1-7.1^magwatch\rPRT|1|UC|{word}||{person}\r")
        answer = client.send_message("hello" if word == "junk" else message)
        if not answer:
            print(json.dumps({"closed": True}), flush=True)
            break
        msa = hl7.parse(answer.decode().strip("\x0b\x1c\r")).segment("MSA")
        print(json.dumps({"code": str(msa[1]), "id": str(msa[2])}), flush=True)
