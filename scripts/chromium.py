"""Find a Chromium for the browser journeys, or fetch Playwright's own, and print its path.

Prints nothing where there is none; the reason then goes to standard error in one line, and the journeys
are skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> None:
    """The first of: what AFTERCARE_CHROMIUM names, what the system has, what Playwright has or can fetch."""
    named = os.environ.get("AFTERCARE_CHROMIUM")
    if named and not Path(named).is_file():
        print(
            f"Skipping the browser journeys: AFTERCARE_CHROMIUM is {named}, and no such file is there.",
            file=sys.stderr,
        )
        return
    trouble = why_the_driver_does_not_start()
    if trouble:
        print(
            f"Skipping the browser journeys: Playwright's driver does not start ({trouble}).", file=sys.stderr
        )
        return
    found = named or next(filter(None, map(shutil.which, NAMES)), None) or playwrights_own()
    if found:
        print(found)
    else:
        print(
            "Skipping the browser journeys: no Chromium is here and Playwright could not fetch its own.",
            file=sys.stderr,
        )


def why_the_driver_does_not_start() -> str | None:
    """The last line of its complaint, such as a library that is absent (on Debian `apt install libatomic1`)."""
    asked = subprocess.run(
        [sys.executable, "-m", "playwright", "--version"], capture_output=True, text=True, check=False
    )
    if asked.returncode == 0:
        return None
    return next(iter(reversed(asked.stderr.strip().splitlines())), f"it ends with {asked.returncode}")


def playwrights_own() -> str | None:
    """The path of the Chromium that Playwright keeps; fetched first if it is not here yet."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    if not Path(path).is_file():
        print("No Chromium on this machine; Playwright fetches its own (once) ...", file=sys.stderr)
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    return path if Path(path).is_file() else None


if __name__ == "__main__":
    main()
