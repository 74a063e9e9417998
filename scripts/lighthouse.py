"""`make lighthouse`: what Lighthouse says of the pages that people come to first, on a phone and on a desktop, as a table."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

VERSION = "12.8.2"
PAGES = {
    "home": "/",
    "guide": "/articles/valve-calibration-e-110",
    "question": "/questions/5/e-409-no-loop-signal-somewhere-in-180-m-of-wire-help",
    "search": "/search?q=E-104",
    "ask": "/ask",
}
DEVICES = ("phone", "desktop")
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FLAGS = "--headless=new --no-sandbox --disable-dev-shm-usage"


def installed(folder: Path) -> str:
    """The path of Lighthouse, fetched with npm into `folder` unless AFTERCARE_LIGHTHOUSE names one."""
    given = os.environ.get("AFTERCARE_LIGHTHOUSE")
    if given:
        return given
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("Lighthouse needs Node: please install Node 20 or newer with npm, and try again.")
    print("Fetching Lighthouse ...", file=sys.stderr)
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent"]
    subprocess.run([*command, f"lighthouse@{VERSION}"], check=True)
    return str(folder / "node_modules/.bin/lighthouse")


def report(lighthouse: str, url: str, device: str) -> dict[str, Any]:
    """What Lighthouse found out about one page, as its JSON; tried again once, for browsers break off now and then."""
    command = [lighthouse, url, "--output=json", "--quiet", f"--chrome-flags={FLAGS}"]
    command += [f"--only-categories={','.join(CATEGORIES)}"]
    if device == "desktop":
        command.append("--preset=desktop")
    for _try in range(2):
        found = subprocess.run(command, capture_output=True, text=True)
        if found.returncode == 0:
            page: dict[str, Any] = json.loads(found.stdout)
            return page
        print(f"Chromium broke off at {url} ({device}):\n{found.stderr[-500:]}", file=sys.stderr)
    sys.exit(1)


def main() -> None:
    """Look at every page, print the table, and what is not at 100."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("site", nargs="?", default=f"http://127.0.0.1:{os.environ.get('PORT') or 8000}")
    parser.add_argument("--reports", type=Path, help="a folder for the whole reports, as JSON")
    options = parser.parse_args()
    os.environ["CHROME_PATH"] = os.environ.get("AFTERCARE_CHROMIUM") or shutil.which("chromium") or ""
    found: dict[tuple[str, str], dict[str, int]] = {}
    with tempfile.TemporaryDirectory(prefix="aftercare-lighthouse-") as folder:
        lighthouse = installed(Path(folder))
        print("| page | device | performance | accessibility | best practices | SEO | requests | kB |")
        print("|---|---|---|---|---|---|---|---|")
        for name, path in PAGES.items():
            for device in DEVICES:
                page = report(lighthouse, options.site + path, device)
                scores = {each: round(page["categories"][each]["score"] * 100) for each in CATEGORIES}
                found[name, device] = scores
                asked = page["audits"]["network-requests"]["details"]["items"]
                size = sum(one["transferSize"] for one in asked) / 1000
                cells = [*(str(scores[each]) for each in CATEGORIES), str(len(asked)), f"{size:.1f}"]
                print(f"| {name} | {device} | {' | '.join(cells)} |", flush=True)
                for audit in _lost(page):
                    print(f"  {name}, {device}: {audit}", file=sys.stderr)
                if options.reports:
                    options.reports.mkdir(parents=True, exist_ok=True)
                    (options.reports / f"{name}-{device}.json").write_text(json.dumps(page))
    if any(score < 100 for scores in found.values() for score in scores.values()):
        sys.exit(1)


def _lost(page: dict[str, Any]) -> list[str]:
    """The audits that took points."""
    counted = {
        one["id"]
        for each in CATEGORIES
        if page["categories"][each]["score"] < 1
        for one in page["categories"][each]["auditRefs"]
        if one["weight"]
    }
    audits = (page["audits"][name] for name in sorted(counted))
    return [
        f"{one['title']} {one.get('displayValue', '')}"
        for one in audits
        if one["score"] is not None and one["score"] < 1
    ]


if __name__ == "__main__":
    main()
