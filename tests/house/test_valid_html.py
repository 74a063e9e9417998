"""Every page as the makers of HTML want it, by html-validate and its recommended rules (needs Node)."""

import json
import os
import shutil
import subprocess

import pytest
from build import a_user
from test_deeds import address, furnished, rules_of  # noqa: F401 - a fixture

from app.policy import Role

RULES = {
    "extends": ["html-validate:recommended"],
    # How lines end is a matter of sources, not of what is sent.
    "rules": {"no-trailing-whitespace": "off"},
}


def test_every_page_is_valid(app, browser, furnished, tmp_path):  # noqa: F811
    command = os.environ.get("AFTERCARE_HTML_VALIDATE") or shutil.which("html-validate")
    if not command:
        pytest.skip(
            "html-validate is not here (npm install --global html-validate, or name it in AFTERCARE_HTML_VALIDATE)"
        )
    for person in (None, a_user(role=Role.ADMIN)):
        page = browser(person)
        for rule in rules_of(app, "GET"):
            response = page.get(address(rule), buffered=True)
            if response.mimetype == "text/html" and response.status_code // 100 != 3:
                (tmp_path / f"{rule.endpoint}-{person and 'admin'}.html").write_text(response.text)
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps({"root": True, **RULES}))
    pages = sorted(str(path) for path in tmp_path.glob("*.html"))
    assert len(pages) > 50
    done = subprocess.run(
        [command, "--formatter", "json", *pages], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.stdout, done.stderr
    complaints = [
        f"{one['filePath'].rpartition('/')[2]}:{problem['line']} {problem['ruleId']}: {problem['message']}"
        for one in json.loads(done.stdout)
        for problem in one["messages"]
    ]
    assert not complaints, "\n".join(complaints)
