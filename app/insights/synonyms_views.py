"""The room of the Workshop in which writers say which words mean the same."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response

from app import search
from app.articles import queries as articles
from app.articles.views import rooms
from app.catalog import queries as catalog
from app.core.errors import Invalid, Refused
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.text import plain_line
from app.forum import queries as forum
from app.forum.queries import Chip
from app.insights import actions, queries, synonyms
from app.insights.models import Synonym
from app.insights.queries import LONGEST
from app.insights.searches_views import lists
from app.insights.synonyms import SynonymText
from app.policy import allow
from app.web.session import actor

bp = Blueprint("synonyms", __name__)

PROPOSED_FOR = 90
MOVED_SHOWN = 20


@dataclass(frozen=True)
class SynonymRow:
    """Wordings that mean the same: what is said, by whom, and where to change it."""

    words: str
    others: str
    sign: str
    meaning: str
    note: str
    change_url: str


@dataclass(frozen=True)
class ProposalRow:
    """Words that people tried one after the other."""

    words: str
    others: str
    note: str
    url: str


@dataclass(frozen=True)
class SynonymsPage:
    """What is said to mean the same, and what may."""

    rooms: tuple[Chip, ...]
    lists: tuple[Chip, ...]
    rows: tuple[SynonymRow, ...]
    proposals: tuple[ProposalRow, ...]
    new_url: str


@dataclass(frozen=True)
class MovedRow:
    """A query for which something else is found: titles and addresses of what comes and what goes."""

    query: str
    url: str
    note: str
    new: tuple[tuple[str, str], ...]
    gone: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class PreviewBox:
    """What a change does, in a sentence and query by query."""

    sentence: str
    rows: tuple[MovedRow, ...]
    more: str
    golden: str
    is_blocked: bool


@dataclass(frozen=True)
class SynonymPage:
    """The form for one, with what it would change once that was asked for."""

    heading: str
    synonym_id: int
    words: str
    others: str
    is_mutual: bool
    product: str
    products: tuple[tuple[str, str], ...]
    language: str
    languages: tuple[tuple[str, str], ...]
    drop_url: str
    errors: dict[str, str]
    refusal: str
    preview: PreviewBox | None
    can_save: bool


@bp.get("/workshop/synonyms")
def list_synonyms() -> str:
    allow(actor(), "keep_synonym")
    page = SynonymsPage(
        rooms=rooms("searches"),
        lists=lists("synonyms"),
        rows=tuple(_row(each) for each in queries.synonyms()),
        proposals=tuple(
            ProposalRow(
                each.words,
                each.others,
                ngettext("helped %(num)d time", "helped %(num)d times", each.count),
                url_for("synonyms.synonym", words=each.words, others=each.others),
            )
            for each in queries.proposals(PROPOSED_FOR)
        ),
        new_url=url_for("synonyms.synonym"),
    )
    return render_template("insights/synonyms.html", page=page)


def _row(kept: Synonym) -> SynonymRow:
    parts = [
        kept.product.name if kept.product else "",
        kept.language,
        _("by %(name)s on %(day)s", name=kept.by.username, day=f"{kept.changed_at:%Y-%m-%d}"),
    ]
    return SynonymRow(
        kept.words,
        kept.others,
        "↔" if kept.is_mutual else "→",
        _("find each other") if kept.is_mutual else _("also finds"),
        " · ".join(part for part in parts if part),
        url_for("synonyms.synonym", id=kept.id),
    )


@bp.get("/workshop/synonyms/one")
def synonym() -> str:
    """The form, filled with a synonym that there is (`id`), or with `words` and `others`."""
    allow(actor(), "keep_synonym")
    kept = _kept_or_404(request.args.get("id", ""))
    if kept is not None:
        text = SynonymText(kept.words, kept.others, kept.is_mutual, kept.product, kept.language)
    else:
        words, others = (plain_line(request.args.get(name, ""))[:LONGEST] for name in ("words", "others"))
        text = SynonymText(words, others)
    return _draw(text, kept)


@bp.post("/workshop/synonyms/keep")
def keep_synonym() -> str | tuple[str, int] | Response:
    """Save it, or with `preview` show what that would change."""
    allow(actor(), "keep_synonym")
    form = request.form
    kept = _kept_or_404(form.get("id", ""))
    product = next((each for each in catalog.products() if each.slug == form.get("product")), None)
    language = form.get("language", "")
    text = SynonymText(
        plain_line(form.get("words", "")),
        plain_line(form.get("others", "")),
        form.get("is_mutual") == "1",
        product,
        language if language in _languages() else "",
    )
    try:
        if form.get("preview"):
            synonyms.check(text)
            return _draw(text, kept, preview=_preview(text, kept))
        actions.keep_synonym(actor(), text, str(get_locale()), kept)
    except Invalid as error:
        return _draw(text, kept, errors={error.field or "words": str(error)}), 400
    except Refused as error:
        return _draw(text, kept, refusal=str(error)), 409
    flash(_("Saved. From now on the search knows."))
    return redirect(url_for("synonyms.list_synonyms"), 303)


@bp.post("/workshop/synonyms/<int:synonym_id>/drop")
def drop_synonym(synonym_id: int) -> tuple[str, int] | Response:
    allow(actor(), "drop_synonym")
    kept = queries.synonym(synonym_id) or abort(404)
    try:
        actions.drop_synonym(actor(), kept, str(get_locale()))
    except Refused as error:
        text = SynonymText(kept.words, kept.others, kept.is_mutual, kept.product, kept.language)
        return _draw(text, kept, refusal=str(error)), 409
    flash(_("Dropped. Each of these words finds only itself again."))
    return redirect(url_for("synonyms.list_synonyms"), 303)


def _kept_or_404(number: str) -> Synonym | None:
    if not number:
        return None
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    return (queries.synonym(int(number)) if is_number else None) or abort(404)


def _languages() -> tuple[str, ...]:
    languages: tuple[str, ...] = current_app.config["LANGUAGES"]
    return languages


def _draw(
    text: SynonymText,
    kept: Synonym | None,
    *,
    errors: dict[str, str] | None = None,
    refusal: str = "",
    preview: PreviewBox | None = None,
) -> str:
    page = SynonymPage(
        heading=_("Words that mean the same"),
        synonym_id=kept.id if kept else 0,
        words=text.words,
        others=text.others,
        is_mutual=text.is_mutual,
        product=text.product.slug if text.product else "",
        products=tuple((each.slug, each.name) for each in catalog.products()),
        language=text.language,
        languages=tuple((code, code) for code in _languages()) if len(_languages()) > 1 else (),
        drop_url=url_for("synonyms.drop_synonym", synonym_id=kept.id) if kept else "",
        errors=errors or {},
        refusal=refusal,
        preview=preview,
        can_save=preview is not None and not preview.is_blocked,
    )
    return render_template("insights/synonym.html", page=page)


def _preview(text: SynonymText, kept: Synonym | None) -> PreviewBox:
    language = str(get_locale())
    after = synonyms.changed(language, text, kept.id if kept else None)
    wordings = [*text.meaning.words, *(text.meaning.others if text.is_mutual else ())]
    if kept is not None:
        wordings += [*synonyms.wordings(kept.words), *synonyms.wordings(kept.others)]
    found = queries.preview(actor(), synonyms.current(language), after, wordings)
    shown = found.moved[:MOVED_SHOWN]
    titles = _titles({key for row in shown for key in (*row.new, *row.gone)})
    broken = queries.broken_golden(after)
    hidden = len(found.moved) - len(shown)
    return PreviewBox(
        sentence=_sentence(found),
        rows=tuple(
            MovedRow(
                row.query,
                f"/search?{urlencode({'q': row.query})}",
                ngettext("%(num)d search", "%(num)d searches", row.count)
                + (" · " + _("the same results in another order") if row.is_reordered else ""),
                tuple(titles[key] for key in row.new if key in titles),
                tuple(titles[key] for key in row.gone if key in titles),
            )
            for row in shown
        ),
        more=ngettext("and %(num)d more query", "and %(num)d more queries", hidden) if hidden else "",
        golden=queries.broken_words(broken) if broken else _("All golden queries stay as they are."),
        is_blocked=bool(broken),
    )


def _sentence(found: queries.Preview) -> str:
    if not found.noted:
        return _("Nobody has searched with these words yet, so there is nothing to compare.")
    return ngettext(
        "The last search with these words was made again: %(unlike)d would find something else among the first ten, or in another order.",
        "The last %(num)d searches with these words were made again: %(unlike)d would find something else among the first ten, or in another order.",
        found.noted,
        unlike=found.unlike,
    )


def _titles(keys: Iterable[search.Key]) -> dict[search.Key, tuple[str, str]]:
    """The titles and addresses of what may be seen of these."""
    wanted = list(keys)
    cards = articles.cards_by_id(actor(), [number for kind, number in wanted if kind == "article"])
    rows = forum.rows_by_id(actor(), [number for kind, number in wanted if kind == "question"])
    found = {("article", number): (card.title, card.url) for number, card in cards.items()}
    return found | {("question", number): (row.title, row.url) for number, row in rows.items()}
