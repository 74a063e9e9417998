"""Names and passwords for trying the demo out: made at the first start, in a file that only its owner can read."""

import os
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from app.demo.content import DemoPerson
from app.policy import Role

HOW_MANY = {Role.ADMIN: 1, Role.MODERATOR: 1, Role.WRITER: 2, Role.EXPERT: 1, Role.MEMBER: 2}
_HEADING = "# The demo's sign-ins: role, username, password. Made on the first start.\n"


@dataclass(frozen=True)
class SignIn:
    """Somebody that one can sign in as."""

    role: str
    username: str
    password: str


def path() -> Path:
    """Where they are kept."""
    return Path(current_app.config["VAR"]) / "demo-sign-ins.txt"


def read() -> list[SignIn]:
    """Those that were made; none if the demo was not loaded."""
    if not path().is_file():
        return []
    lines = [
        line.split() for line in path().read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    return [SignIn(*line) for line in lines if len(line) == 3]


def made(people: Iterable[DemoPerson]) -> list[SignIn]:
    """The sign-ins of the first people of each role, made now unless they are there from a start that was cut short."""
    known = {one.username: one.password for one in read()}
    taken: Counter[Role] = Counter()
    chosen: list[SignIn] = []
    for person in people:
        if taken[person.role] < HOW_MANY[person.role]:
            taken[person.role] += 1
            password = known.get(person.username) or secrets.token_urlsafe(12)
            chosen.append(SignIn(person.role.name.lower(), person.username, password))
    _keep(chosen)
    return chosen


def _keep(chosen: Iterable[SignIn]) -> None:
    target = path()
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_HEADING)
        file.writelines(f"{one.role} {one.username} {one.password}\n" for one in chosen)
    unfinished.replace(target)
