"""Make `.venv` and bring it to what `requirements.lock` says. Needs nothing but Python itself.

It runs before anything is installed, so it uses the standard library only, and it is written so that
an old Python can still read it and say that it is too old.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "installed"
PYTHON = VENV / "bin" / "python"
OLDEST = (3, 11)


def main():
    """Install if the lock file or the Python changed since the last time; otherwise do nothing, at once."""
    if sys.version_info < OLDEST:
        sys.exit(
            "Aftercare needs Python {}.{} or newer; `{}` is {}.{}.\n"
            "If a newer one is installed, name it: make run PYTHON=python3.12".format(
                *OLDEST, sys.executable, *sys.version_info[:2]
            )
        )
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        # Two `make run` started side by side in one clone: the second waits until the first has installed.
        fcntl.flock(folder, fcntl.LOCK_EX)
        install()
    finally:
        os.close(folder)


def install():
    """Bring the virtual environment to what the lock file says, unless it is there already."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    usable = works()
    if usable and STAMP.is_file() and STAMP.read_text() == wanted:
        return
    if not usable:
        make()
    print(
        "Installing what requirements.lock lists (about a minute, only when the list has changed) ...",
        flush=True,
    )
    done = run(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
               "--require-hashes", "--requirement", LOCK)  # fmt: skip
    if done.returncode:
        sys.exit("Installing did not work; the lines above say why. Is the package index reachable?")
    STAMP.write_text(wanted)


def works():
    """Whether the virtual environment is there and its Python, with pip, can still be started."""
    if not PYTHON.exists():
        return False
    check = "import sys, pip; sys.exit(sys.version_info < {!r})".format(OLDEST)
    return run(PYTHON, "-c", check, stderr=subprocess.DEVNULL).returncode == 0


def make():
    """Make the virtual environment anew, or say what the system lacks for it."""
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        sys.exit(
            "This Python cannot make virtual environments: its module `ensurepip` is missing.\n"
            "On Debian and Ubuntu install it with:\n\n"
            "    apt-get install python{}.{}-venv\n\n"
            "and run the same command again.".format(*sys.version_info[:2])
        )
    print("Making the virtual environment in .venv ...", flush=True)
    if run(sys.executable, "-m", "venv", "--clear", VENV).returncode:
        sys.exit("The virtual environment could not be made; the lines above say why.")


def run(*command, **more):
    """Run a command without the caller's Python settings, which are meant for another Python."""
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    return subprocess.run([str(part) for part in command], env=clean, check=False, **more)


if __name__ == "__main__":
    main()
