#!/usr/bin/python3
"""Mutants of a ward's configuration and of its pack against a running ward: whatever a file says, those who are watched stay
watched, a file that `magwatch config check` refuses changes nothing, and one that it takes is in force or refused in words.

  config_mutants_test.py MAGWATCHD MAGWATCH [--mutants N] [--seed N]
"""
import argparse
import random
import re
import signal
import socket
import subprocess

from ward_process import Ward, wait_for


def lines(text, chance):
    """One line left out, twice there, or two in each other's place."""
    all_lines = text.splitlines(keepends=True)
    at, other = chance.randrange(len(all_lines)), chance.randrange(len(all_lines))
    how = chance.randrange(3)
    if how == 0:
        del all_lines[at]
    elif how == 1:
        all_lines.insert(other, all_lines[at])
    else:
        all_lines[at], all_lines[other] = all_lines[other], all_lines[at]
    return "".join(all_lines)


def letters(text, chance):
    """A few bytes changed, left out or put in."""
    data = bytearray(text.encode(errors="surrogateescape"))
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(data))
        new = chance.choice(b'0123456789"[]=.\n#{}-x \xff\x00')
        data[at:at + chance.randrange(2)] = bytes([new][:chance.randrange(2)])
    return data.decode(errors="surrogateescape")


def cut(text, chance):
    """As a copy that was broken off."""
    return text[:chance.randrange(len(text))]


def numbers(text, chance):
    """A number becomes another one, near or absurd."""
    places = [at for at, letter in enumerate(text) if letter.isdigit()]
    at = chance.choice(places)
    return text[:at] + chance.choice(("0", "7", "99999999999999999999", "-1", "1e400")) + text[at + 1:]


def renamed(text, chance):
    """A bed has another name: a good file, in which a bed that is watched may be missing."""
    return text.replace(f'"bed-{chance.randint(1, 3)}"', '"bed-9"')


class MutantWard(Ward):
    def __init__(self, arguments):
        super().__init__(arguments.magwatchd, beds=3)
        self.cli = arguments.magwatch
        self.files = (self.directory / "magwatch.toml", self.directory / "example.toml")
        self.good = [path.read_text() for path in self.files]
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(str(self.directory / "notify"))
        self.notices.settimeout(60)

    def state(self):
        status = self.json("status")
        return status["config_hash"], any(fault["fault"] == "configuration" for fault in status["faults"])

    def watched(self):
        return [bed["alias"] for bed in self.json("beds")["beds"] if bed["watched"]]

    def is_good(self):
        done = subprocess.run([self.cli, "config", "check", str(self.files[0])], capture_output=True, timeout=120, check=False)
        assert done.returncode in (0, 1), done
        return done.returncode == 0

    def reload(self):
        """Until the daemon says that it has read the file, for good or bad."""
        self.process.send_signal(signal.SIGHUP)
        while "READY=1" not in self.notices.recv(4096).decode():
            assert self.process.poll() is None, "magwatchd ended"

    def put(self, texts):
        for path, text in zip(self.files, texts):
            path.write_text(text, errors="surrogateescape")

    def close(self):
        self.notices.close()
        super().close()


def try_mutant(ward, chance):
    """True if it was taken."""
    before, _ = ward.state()  # of the good files
    texts = list(ward.good)
    which = chance.randrange(2)  # of the files
    for _ in range(chance.choice((1, 1, 2))):
        how = chance.choice((lines, letters, cut, numbers, renamed))
        texts[which] = how(texts[which], chance) or "\n"
    ward.doing = f"{ward.doing}: {how.__name__} of {ward.files[which].name}"
    if texts == ward.good:
        return False
    ward.put(texts)
    good = ward.is_good()
    ward.reload()
    # It is shown a turn after it is decided.
    after, refused = wait_for("a word on it", lambda: next(
        (state for state in [ward.state()] if state[0] != before or state[1]), None), 60)
    assert ward.watched() == ["bed-1", "bed-2"], ward.watched()
    assert good or after == before, "a file that the check refuses is in force"
    assert not refused or after == before, "refused, and in force"
    gone = [bed for bed in ("bed-1", "bed-2") if not re.search(rf'alias\s*=\s*"{bed}"', texts[0])]
    assert refused or not gone, f"{gone} is watched, and may go without a word"
    ward.put(ward.good)
    ward.reload()
    wait_for("the good files", lambda: ward.state() == (before, False), 60)
    return not refused


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("magwatchd")
    parser.add_argument("magwatch")
    parser.add_argument("--mutants", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    taken = 0
    with MutantWard(arguments) as ward:
        ward.start(NOTIFY_SOCKET=str(ward.directory / "notify"))
        ward.ready()
        while "READY=1" not in ward.notices.recv(4096).decode():
            pass
        ward.watch(1)
        ward.watch(2)
        for number in range(arguments.mutants):
            ward.doing = f"mutant {number} of seed {arguments.seed}"
            taken += try_mutant(ward, chance)
        ward.doing = "the end"
        ward.ring(1)
        wait_for("the page", lambda: ward.receiver.arrived(), 60)
    assert 0 < taken < arguments.mutants, f"{taken} of {arguments.mutants} were taken"
    print(f"{arguments.mutants} mutants, {taken} taken: nobody's watch was lost")


if __name__ == "__main__":
    main()
