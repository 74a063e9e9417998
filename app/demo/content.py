"""The demo content as it is written in `content/demo`, read into plain values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from app.config import ROOT
from app.policy import Role

FOLDER = ROOT / "content" / "demo"


@dataclass(frozen=True)
class DemoPerson:
    username: str
    email: str
    role: Role
    about: str
    joined: date


@dataclass(frozen=True)
class DemoComment:
    author: str
    days_ago: float
    body: str


@dataclass(frozen=True)
class DemoAnswer:
    author: str
    days_ago: float
    body: str
    accepted: bool
    verified_by: str
    up: Sequence[str]
    down: Sequence[str]
    comments: Sequence[DemoComment]


@dataclass(frozen=True)
class DemoQuestion:
    id: str
    title: str
    product: str
    version: str
    environment: str
    tags: Sequence[str]
    author: str
    days_ago: float
    body: str
    affected: Sequence[str]
    up: Sequence[str]
    down: Sequence[str]
    comments: Sequence[DemoComment]
    answers: Sequence[DemoAnswer]
    became: str


@dataclass(frozen=True)
class DemoContent:
    """All of it: shelf labels, people, and threads, the oldest first."""

    products: Sequence[Mapping[str, Any]] = ()
    tags: Sequence[Mapping[str, str]] = ()
    people: Sequence[DemoPerson] = ()
    questions: Sequence[DemoQuestion] = field(default=())


def read(folder: Path = FOLDER) -> DemoContent:
    """Read the folder.

    Raises:
        KeyError: an entry lacks a field that it needs.
        OSError: a file is missing.
    """
    questions = [_question(raw) for path in sorted(folder.glob("questions/*.yml")) for raw in _entries(path)]
    return DemoContent(
        products=list(_entries(folder / "products.yml")),
        tags=list(_entries(folder / "tags.yml")),
        people=[_person(raw) for raw in _entries(folder / "people.yml")],
        questions=sorted(questions, key=lambda one: -one.days_ago),
    )


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    yield from yaml.safe_load(path.read_text(encoding="utf-8")) or []


def _person(raw: Mapping[str, Any]) -> DemoPerson:
    return DemoPerson(
        username=raw["username"],
        email=raw["email"],
        role=Role[raw["role"].upper()],
        about=raw.get("about", ""),
        joined=raw["joined"],
    )


def _question(raw: Mapping[str, Any]) -> DemoQuestion:
    votes = raw.get("votes") or {}
    return DemoQuestion(
        id=raw["id"],
        title=raw["title"],
        product=raw.get("product", ""),
        version=str(raw.get("version") or ""),
        environment=raw.get("environment") or "",
        tags=raw.get("tags") or [],
        author=raw["author"],
        days_ago=float(raw["asked_days_ago"]),
        body=raw["body"].strip(),
        affected=raw.get("affected") or [],
        up=votes.get("up") or [],
        down=votes.get("down") or [],
        comments=[_comment(one) for one in raw.get("comments") or []],
        answers=[_answer(one) for one in raw.get("answers") or []],
        became=raw.get("became") or "",
    )


def _answer(raw: Mapping[str, Any]) -> DemoAnswer:
    votes = raw.get("votes") or {}
    return DemoAnswer(
        author=raw["author"],
        days_ago=float(raw["days_ago"]),
        body=raw["body"].strip(),
        accepted=bool(raw.get("accepted")),
        verified_by=raw.get("verified_by") or "",
        up=votes.get("up") or [],
        down=votes.get("down") or [],
        comments=[_comment(one) for one in raw.get("comments") or []],
    )


def _comment(raw: Mapping[str, Any]) -> DemoComment:
    return DemoComment(author=raw["author"], days_ago=float(raw["days_ago"]), body=raw["body"].strip())
