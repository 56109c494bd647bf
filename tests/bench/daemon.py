"""What the benches of a whole magwatchd share: ports, the configuration around the beds, start, watch and end."""
import base64
import contextlib
import json
import pathlib
import secrets
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
from ports import free_port, free_ports  # noqa: E402, F401: benches take them from here
DEADLINE_S = 60
HEAD = '[ward]\nname = "bench"\nlabel = "Bench"\nmode = "demo"\n'


def bed(alias):
    return f'[[bed]]\nalias = "{alias}"\nplace = "{alias.capitalize().replace("-", " ")}"\n'


def write_config(folder, http, sections, pack=ROOT / "rules/packs/example.toml", receiver="http://127.0.0.1:9/"):
    """A demo ward of these sections, and one person whose webhook is `receiver`."""
    key = folder / "key"
    key.write_text("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
    key.chmod(0o600)
    (folder / "magwatch.toml").write_text(HEAD + sections + f'''
[[person]]
name = "midwife-1"
role = "bedside"
channels = [{{ kind = "webhook", url = "{receiver}", secret = "file:{key}" }}]
[escalation.high]
rungs = [["bedside"]]
wait = "60 s"
[rules]
pack = "{pack}"
[http]
listen = "127.0.0.1:{http}"
socket = "{folder}/s"
[journal]
directory = "{folder}/state"
''')


def post(http, path, body):
    request = urllib.request.Request(f"http://127.0.0.1:{http}/api/v1/{path}", json.dumps(body).encode(),
                                     {"Content-Type": "application/json", "X-Magwatch-Client": "bench"})
    return urllib.request.urlopen(request, timeout=10).read()


def watch(http, alias, **confirmed):
    post(http, "watch/start", {"bed": alias, "person": "midwife-1", **confirmed})


@contextlib.contextmanager
def running(*command, folder):
    """A program, ended with the block; what it says goes to `folder`/log."""
    with open(folder / "log", "ab") as log:
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(DEADLINE_S)


@contextlib.contextmanager
def started(magwatchd, http, folder):
    """magwatchd with the configuration of `folder`, once it is ready; if it does not get so, its log."""
    with running(magwatchd, "--config", folder / "magwatch.toml", folder=folder) as process:
        until = time.monotonic() + DEADLINE_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{http}/readyz", timeout=2)
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > until:
                    raise SystemExit((folder / "log").read_text()[-3000:]) from None
                time.sleep(0.05)
        yield process
