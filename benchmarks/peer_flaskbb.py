"""Makes a FlaskBB of the content in FOLDER/content.json and writes to FOLDER/made.json how to serve it.

    FLASKBB_PYTHON benchmarks/peer_flaskbb.py FOLDER

It runs where FlaskBB is installed and knows nothing of the rest of this project. Questions are one forum, guides another;
its search is the full-text one for SQLite.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlencode

from flaskbb import create_app
from flaskbb.extensions import db
from flaskbb.forum.models import Category, Forum, Post, Topic
from flaskbb.settings.models import Setting
from flaskbb.user.models import User
from flaskbb.utils.populate import (
    create_default_groups,
    create_default_settings,
    create_latest_db,
    create_user,
)
from sqlalchemy import text

# Search takes forms only; without a token each request can send the same one.
SETTINGS = """
SQLALCHEMY_DATABASE_URI = "sqlite:///{folder}/flaskbb.sqlite"
SEARCH_BACKEND = "sqlite"
SECRET_KEY = "of a site that lives for a minute"
TRUSTED_HOSTS = ["127.0.0.1"]
WTF_CSRF_ENABLED = False
USE_DEFAULT_LOGGING = False
RATELIMIT_STORAGE_URI = "memory://"
"""


def put(people: dict[str, User], forum: Forum, title: str, posts: list[dict[str, str]]) -> Topic:
    """A topic of these posts."""
    for post in posts:
        if post["by"] not in people:
            people[post["by"]] = create_user(post["by"], "a password", f"{post['by']}@example.com", "member")
    first, *others = posts
    topic = Topic(title=title)
    topic.save(user=people[first["by"]], forum=forum, post=Post(content=first["text"]))
    for post in others:
        Post(content=post["text"]).save(user=people[post["by"]], topic=topic)
    return topic


def main(folder: Path) -> None:
    """Make the site."""
    wanted = json.loads((folder / "content.json").read_text())
    settings = folder / "flaskbb.cfg"
    settings.write_text(SETTINGS.format(folder=folder))
    app = create_app(str(settings), str(folder))
    with app.app_context():
        create_latest_db()
        create_default_groups()
        create_default_settings()
        Setting.update(
            "general", {"POSTS_PER_PAGE": wanted["answers"] + 1, "TOPICS_PER_PAGE": wanted["threads"]}
        )
        db.session.execute(text("PRAGMA synchronous = OFF"))  # While it is filled.
        people: dict[str, User] = {}
        shelf = Category(title="Help", position=1).save()
        questions = Forum(title="Questions", description="Ask here", category_id=shelf.id).save()
        guides = Forum(title="Guides", description="Read here", category_id=shelf.id).save()
        for guide in wanted["guides"]:
            topic = put(people, guides, guide["title"], [{"by": "writer", "text": guide["text"]}])
            if guide["slug"] == wanted["guide"]:
                read = topic.id
        for question in wanted["questions"]:
            topic = put(people, questions, question["title"], question["posts"])
            if question["id"] == wanted["question"]:
                asked = topic.id
        db.session.expire_all()
        with app.test_request_context(base_url="http://127.0.0.1"):
            pages = {
                "a guide": db.session.get(Topic, read).url,
                "a question with 30 answers": db.session.get(Topic, asked).url,
                "the front page": "/",
                "the list of questions": db.session.get(Forum, questions.id).url,
                "a search": "/search",
            }
    made = {
        "version": version("flaskbb"),
        "target": f"flaskbb:create_app('{settings}', '{folder}')",
        "environment": {},
        "pages": pages,
        "form": urlencode(
            {"search_type": "forum", "content_type": "topic", "search_query": wanted["searched"]}
        ),
    }
    (folder / "made.json").write_text(json.dumps(made))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
