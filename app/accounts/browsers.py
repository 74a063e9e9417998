"""What browsers call themselves, in words that their owners know."""

import re

from app.core.i18n import gettext as _

# The first that fits: each browser also names those before it, so that sites treat it as well as them.
BROWSERS = (
    ("Edge", r"\bEdg(e|A|iOS)?/"),
    ("Opera", r"\bOPR/|\bOpera\b"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Vivaldi", r"\bVivaldi/"),
    ("Firefox", r"\bFirefox/|\bFxiOS/"),
    ("Chrome", r"\bChrome/|\bCriOS/|\bHeadlessChrome/"),
    ("Safari", r"\bVersion/[\d.]+.*\bSafari/"),
)
DEVICES = (
    ("iPhone", r"\biPhone\b"),
    ("iPad", r"\biPad\b"),
    ("Android", r"\bAndroid\b"),
    ("Windows", r"\bWindows\b"),
    ("Mac", r"\bMacintosh\b|\bMac OS X\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Linux", r"\bLinux\b|\bX11\b"),
)


def described(user_agent: str) -> str:
    """A browser in words, such as "Firefox on Windows"."""
    browser, device = _first(BROWSERS, user_agent), _first(DEVICES, user_agent)
    if browser and device:
        return _("%(browser)s on %(device)s", browser=browser, device=device)
    return browser or device or _("A browser that does not say its name")


def _first(names: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, sign in names if re.search(sign, text)), "")
