"""Ports of 127.0.0.1 that nobody uses now, for the tests and benches in Python. Who takes one binds it at once: another
process may be given it, too."""
import random
import socket


def free_port():
    """One; out of a range of its own, so that it is none of a row whose programs are just being started again."""
    return free_ports(1, 26000, 32000)


def free_ports(count, low=20000, high=26000):
    """The first of so many in a row, below those that the system gives to connections."""
    for _ in range(1000):
        first = random.randrange(low, high - count)
        probes = [socket.socket() for _ in range(count)]
        try:
            for i, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + i))
            return first
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError(f"no {count} free ports in a row")
