#!/usr/bin/python3
"""A mail server on aiosmtpd that answers each DATA and RCPT as its options say.

  smtp_peer.py [--tls CERT KEY] [--data CODE,CODE,...] [--refuse ADDRESS] [--login USER PASSWORD] [--hang]

With --tls it offers STARTTLS and takes mail only after it. The last --data code stays (default 250).
Prints "READY PORT", then one JSON object for each mail that it accepted or refused at DATA.
"""
import argparse
import asyncio
import email
import email.policy
import json
import logging
import ssl
import warnings

from aiosmtpd.smtp import SMTP, AuthResult

# A client that refuses our certificate is part of the tests, not worth a traceback.
logging.getLogger("mail.log").setLevel(logging.CRITICAL)
warnings.simplefilter("ignore", DeprecationWarning)

parser = argparse.ArgumentParser()
parser.add_argument("--tls", nargs=2)
parser.add_argument("--data", default="250")
parser.add_argument("--refuse")
parser.add_argument("--login", nargs=2)
parser.add_argument("--hang", action="store_true")
options = parser.parse_args()
codes = options.data.split(",")


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address == options.refuse:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        code = codes.pop(0) if len(codes) > 1 else codes[0]
        print(json.dumps({"from": envelope.mail_from, "to": envelope.rcpt_tos, "tls": session.ssl is not None,
                          "ehlo": session.host_name, "login": session.authenticated, "code": code,
                          "headers": {k.lower(): str(v) for k, v in mail.items()},
                          "body": mail.get_content().replace("\r\n", "\n")}), flush=True)
        if options.hang:
            await asyncio.sleep(60)
        return f"{code} as asked for"


def login(server, session, envelope, mechanism, data):
    given = [data.login.decode(), data.password.decode()]
    return AuthResult(success=given == options.login, handled=False)


async def main():
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*options.tls)
    handler = Handler()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, hostname="peer.example", tls_context=context, require_starttls=context is not None,
                     authenticator=login, auth_required=options.login is not None), "127.0.0.1", 0)
    print(f"READY {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
