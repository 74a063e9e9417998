"""Plain functions that write guides as files and bring them to the site."""

from pathlib import Path
from typing import Any

from flask import current_app

from app.articles import sync
from app.articles.models import Article
from app.articles.queries import article_by_slug


def folder() -> Path:
    """The folder of guides of the site under test."""
    return Path(current_app.config["ARTICLES"])


def a_file(path: str = "lamp/reset.md", body: str = "Hold the button for ten seconds.", **front: Any) -> Path:
    """A guide's file; `front` overrides the front matter, None leaves a key out."""
    values: dict[str, Any] = {"title": "Reset the lamp", "type": "how-to", **front}
    lines = [f"{key}: {value}" for key, value in values.items() if value is not None]
    file = folder() / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("---\n" + "\n".join(lines) + f"\n---\n\n{body}\n", encoding="utf-8")
    return file


def an_article(
    path: str = "lamp/reset.md", body: str = "Hold the button for ten seconds.", **front: Any
) -> Article:
    """A published guide, with its file."""
    a_file(path, body, **front)
    sync.sync(folder())
    article = article_by_slug(Path(path).stem)
    assert article is not None
    return article
