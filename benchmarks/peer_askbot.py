"""Makes an Askbot of the content in FOLDER/content.json and writes to FOLDER/made.json how to serve it.

    ASKBOT_PYTHON benchmarks/peer_askbot.py FOLDER

It runs where Askbot is installed and knows nothing of the rest of this project. Guides are questions without answers.
Its front page is its list of questions. The project is what askbot-setup makes, with its cache in the server's memory.
"""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

# Its own choices are 10, 30 and 50 threads, and 10 answers.
SETTINGS = """
ALLOWED_HOSTS = ["127.0.0.1"]
from askbot import const
const.ANSWERS_PAGE_SIZE = {answers}
const.PAGE_SIZE_CHOICES = (("{threads}", "{threads}"),)
"""


def setup(folder: Path, settings: str) -> None:
    """A project in `folder` with its tables and static files."""
    command = [
        f"{Path(sys.executable).parent}/askbot-setup", "--noinput", "--force", "--root-directory", str(folder),
        "--proj-name", "peer", "--db-engine", "sqlite", "--db-name", f"{folder}/askbot.sqlite",
        "--domain-name", "askbot.example", "--admin-name", "admin", "--admin-email", "admin@example.com",
        "--log-file-path", "askbot.log", "--append-settings", settings,
    ]  # fmt: skip
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    for step in ("migrate", "collectstatic"):
        subprocess.run([sys.executable, "manage.py", step, "--noinput"], cwd=folder, check=True)


def put(wanted: dict[str, Any]) -> tuple[str, str]:
    """Put in people, guides and questions; gives the addresses of the guide and the question that are measured."""
    from askbot.models import User

    people: dict[str, User] = {}

    def person(name: str) -> User:
        if name not in people:
            people[name] = User.objects.create_user(name, f"{name}@example.com")
            people[name].reputation = 10_000  # So that nothing waits for a moderator.
            people[name].save()
        return people[name]

    for guide in wanted["guides"]:
        post = person("writer").post_question(title=guide["title"], body_text=guide["text"], tags="guide")
        if guide["slug"] == wanted["guide"]:
            read = post.get_absolute_url()
    for question in wanted["questions"]:
        first, *others = question["posts"]
        post = person(first["by"]).post_question(
            title=question["title"], body_text=first["text"], tags=" ".join(question["tags"])
        )
        for answer in others:
            person(answer["by"]).post_answer(question=post, body_text=answer["text"])
        if question["id"] == wanted["question"]:
            asked = post.get_absolute_url()
    return read, asked


def main(folder: Path) -> None:
    """Make the site."""
    wanted = json.loads((folder / "content.json").read_text())
    setup(folder, SETTINGS.format(**wanted))
    sys.path.insert(0, str(folder))
    os.environ["DJANGO_SETTINGS_MODULE"] = "peer.settings"

    import django

    django.setup()
    from askbot.conf import settings
    from django.db import transaction
    from django.utils import translation

    translation.activate("en")
    settings.update("DEFAULT_QUESTIONS_PAGE_SIZE", str(wanted["threads"]))
    settings.update("ENABLE_EMAIL_ALERTS", False)  # Writing letters takes minutes.
    with transaction.atomic():  # One write to the disk instead of thousands.
        read, asked = put(wanted)
    made = {
        "version": version("askbot"),
        "target": "django.core.wsgi:get_wsgi_application()",
        "environment": {"DJANGO_SETTINGS_MODULE": "peer.settings"},
        "pages": {
            "a guide": read,
            "a question with 30 answers": asked,
            "the list of questions": "/questions/",
            "a search": f"/questions/scope:all/sort:relevance-desc/page:1/query:{wanted['searched']}/",
        },
    }
    (folder / "made.json").write_text(json.dumps(made))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
