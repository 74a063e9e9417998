"""The house stands on floors: each imports only what is below it, and nobody imports the roof."""

import pytest
from house_source import imported, is_roof, modules

FLOORS = [
    "core",
    "jobs",
    "mail",
    "policy",
    "limits",
    "accounts",
    "site",
    "uploads",
    "writing",
    "catalog",
    "search",
    "articles",
    "forum",
    "moderation",
    "reputation",
    "notifications",
    "insights",
]
FLASK = {
    "flask",
    "flask_login",
    "flask_wtf",
    "flask_migrate",
    "flask_babel",
    "flask_sqlalchemy",
    "werkzeug",
    "jinja2",
}
MAY_IMPORT_FLASK = {
    "accounts/models.py": {"flask_login"},  # The mixin that tells Flask-Login who somebody is.
    "core/db.py": {"flask_sqlalchemy"},
    "core/i18n.py": {"flask_babel"},
}
KEPT_IN_ONE_PLACE = {
    "whoosh": ("search/whoosh_engine.py",),
    "tantivy": ("search/tantivy_engine.py",),
    "markdown": ("core/",),
    "markdown_it": ("core/",),
    "mdformat": ("core/",),
    "pymdownx": ("core/",),
    "pygments": ("core/",),
    "bleach": ("core/rendering/",),
    "nh3": ("core/rendering/",),
    "argon2": ("accounts/passwords.py",),
    "zxcvbn": ("accounts/passwords.py",),
    "pyotp": ("accounts/codes.py",),
    "segno": ("accounts/codes.py",),
    "cryptography": ("accounts/codes.py",),
    "webauthn": ("accounts/passkeys.py",),
    "authlib": ("accounts/oidc.py",),
    "joserfc": ("accounts/oidc.py",),
    "PIL": ("uploads/images.py",),
    "frontmatter": ("articles/files.py",),
    # What the site asks of other machines goes through one door; see core/outgoing.py.
    "urllib3": ("core/outgoing.py",),
    "socket": (
        "core/outgoing.py",
        "forum/live_hub.py",
        "web/server.py",
        "worker/",
    ),  # The last three only serve.
    "http": (),
    "requests": (),
    "httpx": (),
    "aiohttp": (),
    "pycurl": (),
    "limits": ("limits/stores.py",),
    "redis": ("limits/stores.py",),
}
BELOW = {path: tree for path, tree in modules().items() if not is_roof(path) and path != "config.py"}


def floor_of(path):
    return FLOORS.index(path.split("/")[0].removesuffix(".py"))


def module_path(name):
    """The file that an imported name of ours lives in."""
    parts = name.split(".")[1:]
    for length in range(len(parts), 0, -1):
        stem = "/".join(parts[:length])
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path in modules():
                return path
    return "__init__.py"


def ours(tree):
    """The files of ours that a module imports."""
    return {module_path(name) for name in imported(tree) if name == "app" or name.startswith("app.")}


def test_a_module_imports_only_its_own_floor_and_those_below():
    wrong = [
        f"{path} imports {other}"
        for path, tree in BELOW.items()
        for other in ours(tree)
        if is_roof(other) or floor_of(other) > floor_of(path)
    ]
    assert not wrong


def test_only_the_roof_knows_flask():
    for path, tree in BELOW.items():
        known = {name.split(".")[0] for name in imported(tree)} & FLASK
        assert known <= MAY_IMPORT_FLASK.get(path, set()), path


def test_below_the_roof_nobody_asks_who_is_looking():
    for path, tree in BELOW.items():
        names = {name.rpartition(".")[2] for name in imported(tree)}
        assert not names & {"request", "current_user", "g", "current_app"}, path


@pytest.mark.parametrize("library", sorted(KEPT_IN_ONE_PLACE))
def test_what_could_be_exchanged_is_known_in_one_place(library):
    users = {
        path for path, tree in modules().items() if library in {name.split(".")[0] for name in imported(tree)}
    }
    assert all(path.startswith(KEPT_IN_ONE_PLACE[library]) for path in users), users


def test_nothing_is_asked_of_other_machines_but_through_the_one_door():
    for path, tree in modules().items():
        asking = [
            name for name in imported(tree) if name.startswith("urllib.request") or name.endswith("urlopen")
        ]
        assert not asking, path


def test_every_folder_has_its_floor_or_is_the_roof():
    folders = {path.split("/")[0] for path in BELOW if "/" in path}
    assert folders <= set(FLOORS)
