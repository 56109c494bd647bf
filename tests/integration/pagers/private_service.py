"""What peers need that are services of a system elsewhere: their own users, a folder, and an end."""
import os
import pathlib
import shutil
import sys
import tempfile


def become_root():
    """Such a service will not run without its own users. Who is not root gets a user namespace that has them."""
    if os.geteuid() != 0:
        os.execvp("unshare", ["unshare", "--map-root-user", "--map-auto", "--", sys.executable, *sys.argv])


def new_folder(name):
    folder = pathlib.Path(tempfile.mkdtemp(prefix=f"magwatch-{name}-"))
    folder.chmod(0o755)  # its users pass through
    return folder


def guard(folder, stop):
    """Calls `stop` and removes the folder at our end, although a test ends its peers by SIGKILL: a service that changes
    its user forgets PR_SET_PDEATHSIG, so a process that does nothing else waits for the end of a pipe."""
    read, write = os.pipe()
    if os.fork() != 0:
        os.close(read)
        return
    os.setsid()
    os.close(write)
    quiet = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(quiet, descriptor)
    os.read(read, 1)
    stop()
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(0)
