"""What a daemon under test finds around it: libraries that are preloaded into it, clocks that are set, and namespaces of its
own. Python's standard library only."""
import os
import struct


def preloaded(library, **environment):
    """The environment of a program into which this library is preloaded. A sanitizer wants to be the first: those here
    are only asked, and never allocate."""
    checks = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
    return {"LD_PRELOAD": os.path.abspath(library), "ASAN_OPTIONS": checks, **environment}


def set_clocks(path, wall, boot=0.0):
    """How many seconds CLOCK_REALTIME and CLOCK_BOOTTIME are ahead of the machine's, in every program that reads this file,
    at once (tests/support/wall_clock.cpp)."""
    with open(path, "r+b" if os.path.exists(path) else "w+b") as file:  # never shorter: it is mapped
        file.write(struct.pack("<qq", round(wall * 1e9), round(boot * 1e9)))


def clocked(library, path, wall, boot=0.0):
    """The environment of a program that begins with such clocks; the file sets them further."""
    set_clocks(path, wall, boot)
    return preloaded(library, MAGWATCH_TEST_CLOCK=str(path))
