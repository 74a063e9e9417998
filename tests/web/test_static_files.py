"""Styles, scripts and pictures: kept for a year under an address that changes with them."""

import gzip
import re

import brotli
import pytest

from app.web import scripts
from app.web.static import FOLDER, TOGETHER, asset, tree_hash

FILES = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file())
BUNDLED = [f"js/{name}" for name in scripts.BUNDLES]


@pytest.mark.parametrize("path", [*FILES, *BUNDLED])
def test_each_file_is_served_as_it_is_and_kept_for_a_year(app, browser, path):
    response = browser().get(asset(path))
    assert response.status_code == 200
    if path.endswith(".js"):
        file = scripts.served(path.removeprefix("js/"))  # See test_scripts.
    else:
        file = b"".join((FOLDER / part).read_bytes() for part in TOGETHER.get(path, (path,)))
    if path.endswith(".css"):  # Comments, indentation and ends of lines stay with us; the rules are the same.
        assert b"/*" not in response.data
        rules = re.sub(rb"/\*.*?\*/", b"", file, flags=re.DOTALL)
        assert b"".join(response.data.split()) == b"".join(rules.split())
    else:
        assert response.data == file
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Accept-Encoding" in response.headers["Vary"]
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    ("path", "kind"),
    [("css/app.css", "text/css"), ("js/page.js", "text/javascript"), ("img/favicon.svg", "image/svg+xml")],
)
def test_the_type_is_told_so_that_browsers_need_not_guess(app, browser, path, kind):
    assert browser().get(asset(path)).headers["Content-Type"] == f"{kind}; charset=utf-8"


UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}


@pytest.mark.parametrize(
    ("taken", "sent"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip, br;q=0", "gzip"),
        ("gzip;q=0", None),
        ("identity", None),
        ("", None),
    ],
)
def test_who_takes_brotli_or_gzip_gets_it(app, browser, taken, sent):
    response = browser().get(asset("css/app.css"), headers={"Accept-Encoding": taken})
    assert response.headers.get("Content-Encoding") == sent
    assert UNPACK[sent](response.data) == browser().get(asset("css/app.css")).data
    if sent:
        assert len(response.data) < len((FOLDER / "css/app.css").read_bytes()) / 3


def test_an_old_address_still_works_but_is_not_kept(app, browser):
    response = browser().get("/static/0123456789ab/css/app.css")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "nothing.css",
        "css",
        "css/",
        "../static.py",
        "../../config.py",
        "%2e%2e/static.py",
        "..%2f..%2fconfig.py",
        "css/../../views.py",
        "//etc/passwd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "..\\views.py",
        "x" * 400 + ".css",
        "x/" * 3000,
    ],
)
def test_nothing_outside_the_folder_can_be_had(app, browser, path):
    response = browser().get(f"/static/{tree_hash()}/{path}")
    assert response.status_code in (301, 308, 404)
    assert "import" not in response.text


def test_a_nul_in_the_path_is_refused(app, browser):
    assert browser().get(f"/static/{tree_hash()}/css/app.css%00.png").status_code == 400


def test_every_file_that_a_page_names_is_there(app, browser):
    text = browser().get("/").text
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', text)
    assert len(named) >= 4
    for address in named:
        assert tree_hash() in address
        assert browser().get(address).status_code == 200
