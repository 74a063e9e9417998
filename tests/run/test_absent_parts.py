"""What the site leans on is away: pages come all the same, and all is well again by itself."""

import shutil
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

from build import a_question, catch_up_search

from app.core.db import db, transaction
from app.jobs.models import Job
from app.limits.table import SIGN_IN_AS
from app.mail.outbox import send_later
from benchmarks.serving import free_port

CATCHING_UP = "The search is catching up"


def test_pages_come_while_mail_redis_and_the_index_are_away(app, serve, asker):
    question = a_question(title="The kettle whistles in the dark", by=asker)
    catch_up_search()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        site = serve(
            "--workers", "2", worker=True,
            AFTERCARE_SMTP_HOST="127.0.0.1", AFTERCARE_SMTP_PORT=str(silent.getsockname()[1]),
            AFTERCARE_SMTP_SECURITY="none", AFTERCARE_REDIS_URL=f"redis://127.0.0.1:{free_port()}/0",
        )  # fmt: skip
        with transaction():
            send_later(to="mira@example.com", subject="Hello", text="Hello", key="hello")
        waiting, _address = silent.accept()  # The worker is there, and waits for an answer.
        with waiting, ThreadPoolExecutor(4) as people:
            assert CATCHING_UP not in site.get("/search?q=kettle")[1]
            site.worker.send(signal.SIGSTOP)
            shutil.rmtree(app.config["SEARCH_INDEX"])
            pages = ["/", "/questions", f"/questions/{question.id}/the-kettle-whistles-in-the-dark"]
            assert set(people.map(lambda path: site.get(path)[0], pages * 4)) == {200}
            status, text = site.get("/search?q=kettle")
            assert (status, CATCHING_UP in text) == (200, True)
            tries = [site.post("/sign-in", username="asker", password="wrong")[0] for _try in range(12)]
            assert tries.count(429) == 12 - SIGN_IN_AS.count, "without Redis the database counts"
            site.worker.send(signal.SIGCONT)
            until = time.monotonic() + 20
            while CATCHING_UP in (text := site.get("/search?q=kettle")[1]) and time.monotonic() < until:
                time.sleep(0.05)
            assert "The kettle whistles" in text
    letter = db.session.query(Job).filter(Job.kind == "mail").one()
    assert (letter.finished_at, letter.died_at) == (None, None), "it waits"
