"""`make screenshots`: twelve pages of a running site, light and dark, phone and desktop, and the picture of the README."""

import argparse
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parent.parent
PAGES = {
    "home": "/",
    "guides": "/articles",
    "guide": "/articles/valve-calibration-e-110",
    "guide-with-table": "/articles/hearth-parts",
    "product": "/products/hearth",
    "community": "/questions",
    "question": "/questions/5",
    "search": "/search?q=E-104",
    "nothing-found": "/search?q=zebrafish",
    "ask": "/ask?title=Radiator%20valve%20shows%20E-110",
    "sign-up": "/sign-up",
    "privileges": "/help/privileges",
}
WIDTHS = {"phone": 375, "desktop": 1280}


def shoot(browser: Browser, site: str, folder: Path) -> int:
    """Take every picture; returns how many."""
    count = 0
    for scheme in ("light", "dark"):
        for device, width in WIDTHS.items():
            context = browser.new_context(
                color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
            )
            page = context.new_page()
            for name, path in PAGES.items():
                response = page.goto(site + path, wait_until="networkidle")
                if response is None or response.status != 200:
                    print(f"{path} answered {response.status if response else 'nothing'}", file=sys.stderr)
                    continue
                page.screenshot(path=folder / f"{name}-{scheme}-{device}.png", full_page=True)
                count += 1
            context.close()
    return count


def shoot_front_page(browser: Browser, site: str) -> Path:
    """The picture at the top of the README."""
    picture = ROOT / "docs" / "front-page.png"
    picture.parent.mkdir(exist_ok=True)
    context = browser.new_context(color_scheme="light", viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(site, wait_until="networkidle")
    page.screenshot(path=picture)
    context.close()
    return picture


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", default=f"http://127.0.0.1:{os.environ.get('PORT') or 8000}")
    parser.add_argument("--folder", type=Path, default=ROOT / "screenshots")
    args = parser.parse_args()
    args.folder.mkdir(exist_ok=True)
    chromium = os.environ.get("AFTERCARE_CHROMIUM") or shutil.which("chromium")
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=[*flags, "--disable-dev-shm-usage"]
        )
        count = shoot(browser, args.site, args.folder)
        picture = shoot_front_page(browser, args.site)
        browser.close()
    print(f"{count} pictures in {args.folder}, and {picture.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
