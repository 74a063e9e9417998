"""A site with one thing in each state, whose secrets are words that stand nowhere else.

`build()` makes what everybody may see; `hide_more()` adds what only some may. Each secret word is kept with the names
of those who may read it, so that a test can look for all the others at every address.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from build import a_comment, a_product, a_question, a_tag, a_user, an_answer, an_article, catch_up_search
from flask import current_app

from app.accounts.actions import start_session
from app.accounts.factor_models import LinkedIdentity, Passkey
from app.accounts.models import FORMER_MEMBER, User, UserSession, token_hash
from app.articles.feedback_models import Feedback
from app.articles.models import ArticleRedirect, Audience, Draft
from app.core.db import db, now
from app.forum.models import Affected, Duplicate, PostRevision, Question, QuestionMention, SuggestedEdit
from app.insights.models import GoldenQuery, PinnedResult, Search, SolvedWhileAsking, Synonym
from app.jobs.models import Job
from app.moderation.models import Act, Case, PersonNote, Report, columns_of
from app.notifications.models import AwaitedAnswer, Follow, Line, Notification
from app.policy import Role
from app.site.models import SiteAnnouncement, SiteChange
from app.writing.models import PostDraft

VISITOR = "visitor"
PEOPLE = {
    "asker": {},
    "helper": {},
    "stranger": {},
    "regular": {"reputation": 9000},
    "expert": {"role": Role.EXPERT},
    "writer": {"role": Role.WRITER},
    "colleague": {"role": Role.WRITER},
    "moderator": {"role": Role.MODERATOR},
    "admin": {"role": Role.ADMIN},
    "suspended": {"suspended": True},
}
EVERYBODY = frozenset([VISITOR, *PEOPLE])
MEMBERS = EVERYBODY - {VISITOR}
STAFF = frozenset(["writer", "colleague", "moderator", "admin"])
MODERATORS = frozenset(["moderator", "admin"])
COMPANION = "kettle"
"""A word of everyday that stands beside each secret, so that a search for it would find them all."""

STATES = ("here", "hidden", "held", "deleted")


@dataclass
class World:
    """What there is, by name, and who may read which secret word."""

    people: dict[str, User] = field(default_factory=dict)
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    secrets: dict[str, frozenset[str]] = field(default_factory=dict)

    def secret(self, word: str, *readers: str | frozenset[str]) -> str:
        """A word that only these people may read, as part of a text."""
        marker = f"zq{word}qz"
        assert marker not in self.secrets
        assert marker.isalpha()
        names = frozenset().union(*({one} if isinstance(one, str) else one for one in readers))
        assert names <= EVERYBODY
        self.secrets[marker] = names
        return marker

    def text(self, word: str, *readers: str | frozenset[str]) -> str:
        """A sentence with a secret word in it."""
        return f"{COMPANION} {self.secret(word, *readers)} lamp"

    def add(self, kind: str, name: str, thing: Any) -> Any:
        """Keep a thing under a name."""
        self.things.setdefault(kind, {})[name] = thing
        return thing

    def ids(self, kind: str) -> list[int]:
        """The numbers of all things of a kind."""
        return [thing.id for thing in self.things.get(kind, {}).values()]

    def rest(self) -> None:
        """Keep the things as they are now, apart from the session, which each request makes forget all it has."""
        for things in self.things.values():
            for thing in things.values():
                if thing in db.session:
                    db.session.refresh(thing)
        db.session.expunge_all()

    def leaked(self, name: str, text: str) -> list[str]:
        """The secret words in a text that this person may not read."""
        plain = text.lower().replace("<mark>", "").replace("</mark>", "")
        if "zq" not in plain:
            return []
        return [word for word, readers in self.secrets.items() if name not in readers and word in plain]


def build() -> World:
    """What everybody may see, and the people."""
    world = World()
    for name, fields in PEOPLE.items():
        more = {key: value for key, value in fields.items() if key != "suspended"}
        if "suspended" in fields:
            more["suspended_until"] = now() + timedelta(days=30)
        address = f"{world.secret(f'address{name}', name, 'admin')}@example.com"
        world.people[name] = a_user(
            username=name, email=address, email_key=address, email_verified_at=now(), **more
        )
    asker, helper = world.people["asker"], world.people["helper"]
    earlier = now() - timedelta(days=1)
    lamp = world.add("product", "lamp", a_product(name="Lamp"))
    a_tag("pairing", description="How things find each other.")
    a_tag("reset-the-lamp")
    world.add("article", "public", an_article(title="Reset the lamp", product="lamp", tags=["pairing"]))
    question = world.add(
        "question",
        "here",
        a_question(by=asker, title="The lamp blinks", product_id=lamp.id, affected_count=1, up_count=5),
    )
    other = world.add(
        "question",
        "other",
        a_question(by=helper, title="The lamp hums in the evening", created_at=earlier, active_at=earlier),
    )
    answer = world.add("answer", "here", an_answer(to=question, by=helper, edited_at=now()))
    world.add("comment", "here", a_comment(on=answer, by=asker))
    world.add("comment", "of question", a_comment(on=question, by=helper, body="Which lamp is it?"))
    _put(Affected(user_id=world.people["regular"].id, question_id=question.id))
    _put(PostRevision(answer_id=answer.id, author_id=helper.id, body="Press it."))
    _suggestion(world, "of answer", "regular", helper, answer_id=answer.id)
    world.add(
        "duplicate", "open", _put(Duplicate(question_id=other.id, original_id=question.id, by_id=asker.id))
    )
    _put(SiteAnnouncement(text="Closed on Monday.", audience="everyone", starts_at=now()))
    world.add("announcement", "on", db.session.query(SiteAnnouncement).one())
    world.things["person"] = dict(world.people)
    key = Passkey(user_id=asker.id, name="Telephone", credential_id=b"x", public_key=b"x", handle=b"x")
    world.add("passkey", "asker", _put(key))
    linked = LinkedIdentity(user_id=asker.id, issuer="https://login.example", subject="1")
    world.add("identity", "asker", _put(linked))
    started = start_session(world.people["asker"])
    world.add(
        "session",
        "asker",
        db.session.query(UserSession).filter_by(token_hash=token_hash(started.session_token)).one(),
    )
    index(world)
    return world


def hide_more(world: World) -> None:
    """Add what only some may see, in a way that changes nothing for the others."""
    hide_threads(world)
    hide_parts(world)
    hide_guides(world)
    hide_work(world)
    hide_what_is_personal(world)
    index(world)


def index(world: World) -> None:
    """Have the search learn of all there is, and let the session forget it."""
    db.session.rollback()
    catch_up_search()
    world.rest()


def _put(row: Any) -> Any:
    db.session.add(row)
    db.session.commit()
    return row


def _away(world: World, state: str, by: User) -> dict[str, Any]:
    """The fields of a post that is away."""
    if state == "deleted":
        return {"deleted_at": now(), "deleted_by_id": by.id}
    if state == "held":
        return {"held_at": now(), "held_why": "links"}
    return {"hidden_at": now(), "hidden_why": "It is rude.", "hidden_by_id": world.people["moderator"].id}


def hide_threads(world: World) -> None:
    """Questions that are away, with all that hangs on them."""
    asker, helper = world.people["asker"], world.people["helper"]
    for state in STATES[1:]:
        seers = frozenset({"asker"}) | MODERATORS
        inside = MODERATORS | {"asker"}
        question = a_question(
            by=asker,
            title=world.text(f"question{state}title", seers),
            body=world.text(f"question{state}body", seers),
            environment=world.secret(f"question{state}environment", seers),
            product_id=world.things["product"]["lamp"].id,
            affected_count=1,
            edited_at=now(),
            **_away(world, state, asker),
        )
        world.add("question", state, question)
        answer = an_answer(
            to=question,
            by=helper,
            body=world.text(f"answerinquestion{state}", inside | {"helper"}),
            accepted_at=now(),
        )
        world.add("answer", f"in {state} question", answer)
        remark = a_comment(
            on=question, by=helper, body=world.text(f"commentinquestion{state}", inside, "helper")
        )
        world.add("comment", f"in {state} question", remark)
        _put(
            PostRevision(
                question_id=question.id, author_id=asker.id, title="x", body=world.text(f"was{state}", seers)
            )
        )
        _put(Affected(user_id=world.people["regular"].id, question_id=question.id))
        _put(Follow(user_id=world.people["stranger"].id, kind="question", thing_id=question.id))
        _message(world, "stranger", question, answer_id=answer.id, actor_id=helper.id)
        _put(QuestionMention(question_id=question.id, article_id=world.things["article"]["public"].id))
        proposal = world.text(f"suggestionfor{state}", inside, "regular")
        _suggestion(world, f"of {state} question", "regular", asker, proposal, question_id=question.id)
        pair = Duplicate(
            question_id=world.things["question"]["here"].id,
            original_id=question.id,
            by_id=asker.id,
            ended_at=now(),
        )
        world.add("duplicate", f"to {state}", _put(pair))
        for_answer = world.text(f"suggestionforanswerin{state}", inside, "regular", "helper")
        _suggestion(
            world, f"of answer in {state} question", "regular", helper, for_answer, answer_id=answer.id
        )
        _case(world, "question", question, f"{state}question")
        writer = world.people["writer"]
        _put(GoldenQuery(query="lamp", normal="lamp", question_id=question.id, by_id=writer.id))
        _put(
            PinnedResult(
                query="lamp", normal="lamp", question_id=question.id, owner_id=world.people["writer"].id,
                expires_at=now() + timedelta(days=9),
            )
        )  # fmt: skip


def hide_parts(world: World) -> None:
    """Answers and comments that are away in a thread that is here."""
    question, helper = world.things["question"]["here"], world.people["helper"]
    for state in STATES[1:]:
        seers = frozenset({"helper"}) | MODERATORS
        answer = an_answer(
            to=question,
            by=helper,
            body=world.text(f"answer{state}", seers),
            edited_at=now(),
            **_away(world, state, helper),
        )
        world.add("answer", state, answer)
        under = world.text(f"commentonanswer{state}", seers, "asker")
        world.add("comment", f"on {state} answer", a_comment(on=answer, by=world.people["asker"], body=under))
        _put(
            PostRevision(
                answer_id=answer.id, author_id=helper.id, body=world.text(f"answerwas{state}", seers)
            )
        )
        remark = a_comment(
            on=question, by=helper, body=world.text(f"comment{state}", seers), **_away(world, state, helper)
        )
        world.add("comment", state, remark)
        _message(world, "asker", question, answer_id=answer.id, actor_id=helper.id)
        _case(world, "answer", answer, f"{state}answer")
        _suggestion(
            world, f"of {state} answer", "regular", helper,
            world.text(f"suggestionforanswer{state}", seers, "regular"), answer_id=answer.id,
        )  # fmt: skip


def hide_guides(world: World, *, without: str = "") -> None:
    """Guides for some, and guides that were withdrawn."""
    readers = {Audience.PUBLIC: EVERYBODY, Audience.CUSTOMERS: MEMBERS, Audience.STAFF: STAFF}
    for audience in Audience:
        for is_withdrawn in (False, True):
            if audience == Audience.PUBLIC and not is_withdrawn:
                continue
            seers = readers[audience]
            inside = STAFF if is_withdrawn else seers
            name = f"{audience}{'withdrawn' if is_withdrawn else ''}"
            if name == without:
                continue
            article = an_article(
                title=world.text(f"guide{name}title", seers),
                body=f"{world.text(f'guide{name}body', inside)}\n\n![A picture]({name}.png)",
                summary=world.text(f"guide{name}summary", inside),
                symptoms=[world.secret(f"guide{name}symptom", inside)],
                aliases=[world.secret(f"guide{name}alias", STAFF)],
                tags=["pairing"],
                product="lamp",
                audience=audience,
            )
            world.add("article", name, article)
            if is_withdrawn:
                article.withdrawn_at = now()
                article.withdrawn_why = world.text(f"guide{name}why", seers)
            _put(ArticleRedirect(slug=f"old-{name}", article_id=article.id))
            feedback = Feedback(
                article_id=article.id, edition=1, helped=False, reason="wrong",
                words=world.text(f"feedback{name}", STAFF), email=f"{world.secret(f'feedbackmail{name}', STAFF)}@e.org",
            )  # fmt: skip
            world.add("feedback", name, _put(feedback))
            _message(world, "stranger", None, article_id=article.id, kind="became_guide")
            _put(SolvedWhileAsking(title="The lamp", article_id=article.id))
            _put(
                PinnedResult(
                    query="lamp", normal="lamp", article_id=article.id, owner_id=world.people["writer"].id,
                    expires_at=now() + timedelta(days=9),
                )
            )  # fmt: skip
            _suggestion(
                world, f"of {name} guide", "regular", None,
                world.text(f"suggestionforguide{name}", STAFF, "regular"),
                article_id=article.id,
            )  # fmt: skip
            _picture(world, name, seers)


def _picture(world: World, name: str, readers: frozenset[str]) -> None:
    """A file beside the guides whose content is a secret word."""
    folder = current_app.config["ARTICLES"] / "lamp"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.png").write_text(world.secret(f"picture{name}", readers))


def hide_work(world: World) -> None:
    """What writers, moderators and administrators keep among themselves."""
    writer, stranger = world.people["writer"], world.people["stranger"]
    draft = Draft(
        author_id=writer.id,
        title=world.text("drafttitle", STAFF),
        fields={"product": "lamp", "summary": world.secret("draftsummary", STAFF)},
        body=world.text("draftbody", STAFF),
        article_id=world.things["article"]["public"].id,
    )
    world.add("draft", "open", _put(draft))
    lost = Draft(author_id=writer.id, title=world.text("draftdiscarded", STAFF), discarded_at=now())
    world.add("draft", "discarded", _put(lost))
    synonym = Synonym(
        words=world.secret("synonym", STAFF), others=world.secret("synonymother", STAFF), by_id=writer.id
    )
    world.add("synonym", "one", _put(synonym))
    query = world.secret("goldenquery", STAFF)
    golden = GoldenQuery(
        query=query, normal=query, by_id=writer.id, article_id=world.things["article"]["public"].id
    )
    world.add("golden", "one", _put(golden))
    pin = world.secret("pinnedquery", STAFF)
    pinned = PinnedResult(
        query=pin, normal=pin, owner_id=writer.id, expires_at=now() + timedelta(days=9),
        article_id=world.things["article"]["public"].id,
    )  # fmt: skip
    world.add("pin", "one", _put(pinned))
    typed = world.secret("searched", STAFF)
    _put(Search(key="a", query=typed, normal=typed))
    _put(PersonNote(person_id=stranger.id, author_id=writer.id, words=world.text("noteonperson", MODERATORS)))
    _case(world, "person", stranger, "person")
    _put(SiteChange(by_id=writer.id, deed="rename_site", what=world.text("sitechange", "admin")))
    job = Job(
        kind="mail", key="reset:1", payload={"to": "a@e.org", "text": world.secret("lettertoken")},
        died_at=now(), due_at=None, problem="It broke.",
    )  # fmt: skip
    world.add("job", "dead", _put(job))
    gone = a_user(username=f"{FORMER_MEMBER} 99", email=None, email_key=None, deleted_at=now())
    world.add("person", "gone", gone)


def hide_what_is_personal(world: World) -> None:
    """What is one person's own."""
    for name in ("stranger", "moderator"):
        person = world.people[name]
        words = {"title": world.text(f"unsent{name}", name), "body": world.secret(f"unsentbody{name}", name)}
        world.add(
            "unsent", name, _put(PostDraft(person_id=person.id, place="ask", page="/ask", fields=words))
        )
        query = world.secret(f"awaited{name}", name, STAFF)
        world.add("awaited", name, _put(AwaitedAnswer(user_id=person.id, query=query)))


def _case(world: World, kind: str, thing: Any, name: str) -> None:
    """An open case with a report, and an act of which the log keeps what it said."""
    case = Case.open(thing, 2)
    db.session.add(case)
    db.session.flush()
    about = columns_of(thing)
    reporter = world.people["regular"]
    words = world.text(f"report{name}", MODERATORS, "regular")
    _put(Report(case_id=case.id, reporter_id=reporter.id, reason="other", words=words, **about))
    _put(
        Act(
            moderator_id=world.people["moderator"].id,
            deed="keep",
            why=world.text(f"kept{name}", MODERATORS),
            **about,
        )
    )


def _suggestion(
    world: World, name: str, by: str, owner: Any, words: str = "Better words", **about: Any
) -> None:
    row = SuggestedEdit(
        author_id=world.people[by].id, owner_id=owner.id if owner else None, base_body="a", body=words, title=words,
        why=words, **about,
    )  # fmt: skip
    world.add("suggestion", name, _put(row))


def _message(world: World, to: str, question: Question | None, kind: str = "answer", **about: Any) -> None:
    """A message that waits for somebody, and whose letter is due."""
    person = world.people[to]
    key = f"{kind}:{question.id if question else about['article_id']}"
    line = db.session.query(Line).filter_by(user_id=person.id, key=key).first()
    if line is None:
        line = _put(Line(user_id=person.id, key=key, kind=kind))
    world.add("line", f"{to} {key}", line)
    event = f"{key}:{about.get('answer_id')}"
    _put(
        Notification(
            line_id=line.id, user_id=person.id, kind=kind, event=event, mail="now", reason="chosen",
            question_id=question.id if question else None, **about,
        )
    )  # fmt: skip
