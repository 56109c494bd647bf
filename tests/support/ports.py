"""Ports of 127.0.0.1 that nobody uses now, for the tests and benches in Python. No other program that asks here is given one
of them before this one has ended: also not while a daemon that listens there is just being started again."""
import atexit
import random
import socket

HELD = {}  # port: the name that says so, for this network namespace; it goes with the process


def held(port):
    """Whether this program has it now."""
    if port in HELD:
        return False
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0magwatch-test-port-{port}")
    except OSError:
        name.close()
        return False
    HELD[port] = name
    return True


def let_go(ports):
    for port in ports:
        HELD.pop(port).close()


atexit.register(lambda: let_go(list(HELD)))  # a program of Python's own tests is asked to leave nothing open


def is_free(port):
    """Nobody else has it either, who does not ask here."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def free_port():
    """One."""
    return free_ports(1)


def free_ports(count, low=20000, high=32000):
    """The first of so many in a row, below those that the system gives to connections."""
    for _ in range(1000):
        first, mine = random.randrange(low, high - count), []
        for port in range(first, first + count):
            if not held(port):
                break
            mine.append(port)
        if len(mine) == count and all(map(is_free, mine)):
            return first
        let_go(mine)
    raise AssertionError(f"no {count} free ports in a row")
