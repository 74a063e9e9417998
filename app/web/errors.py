"""What a person sees when a page or a deed fails: what happened, and what to do next."""

from dataclasses import dataclass

from flask import (
    Flask,
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.core import trouble
from app.core.db import db
from app.core.errors import Gone, Invalid, NotAllowed, ProofNeeded, Refused, SignInNeeded, TooMany
from app.core.i18n import gettext as _
from app.core.trouble import Trouble
from app.web import limiting
from app.web.session import forget_person


@dataclass(frozen=True)
class Action:
    """One thing to do next."""

    label: str
    url: str


@dataclass(frozen=True)
class ErrorPage:
    """An error in words for people; of one of ours also the number under which the log tells of it."""

    code: int
    title: str
    text: str
    actions: tuple[Action, ...]
    typed: tuple[str, ...]
    number: str


def init_app(app: Flask) -> None:
    """Turn each way to fail into a page."""
    app.register_error_handler(SignInNeeded, ask_to_sign_in)
    app.register_error_handler(ProofNeeded, ask_for_proof)
    app.register_error_handler(NotAllowed, lambda error: draw(403, str(error)))
    app.register_error_handler(Refused, lambda error: draw(409, str(error)))
    app.register_error_handler(Invalid, lambda error: draw(400, str(error)))
    app.register_error_handler(Gone, lambda error: draw(410, str(error)))
    app.register_error_handler(TooMany, draw_too_many)
    app.register_error_handler(CSRFError, offer_to_send_again)
    app.register_error_handler(HTTPException, lambda error: draw_http(error))
    for kind in trouble.KINDS:
        app.register_error_handler(kind, on_trouble)
    if not app.config.get("TESTING"):
        app.register_error_handler(Exception, on_bug)


def draw(code: int, text: str = "") -> Response:
    """The page of one error."""
    db.session.rollback()
    title, words = words_for(code)
    page = ErrorPage(
        code=code,
        title=title,
        text=text or words,
        actions=(
            Action(_("Search the guides"), url_for("search.find")),
            Action(_("Go to the front page"), url_for("web.home")),
        ),
        typed=_sentences_typed(),
        number=request.environ.get("aftercare.request_id", "") if code == 500 else "",
    )
    return make_response(render_template("web/errors/error.html", page=page), code)


def words_for(code: int) -> tuple[str, str]:
    """The title and the text for an HTTP status."""
    known = {
        400: (_("That could not be read"), _("Something in the address or the form is not as expected.")),
        403: (_("This is not open to you"), _("Your account may not do this.")),
        404: (_("There is nothing here"), _("The address may be mistyped, or the page has moved.")),
        405: (_("That is not possible here"), _("This address does not take that kind of request.")),
        409: (_("That could not be done"), _("Something changed in the meantime. Please look again.")),
        410: (_("This is gone"), _("It was here once and has been withdrawn.")),
        413: (
            _("That is too large"),
            _("Please send something smaller; what you typed is still in your browser."),
        ),
        429: (
            _("A little slower, please"),
            _("There were too many requests. Please wait a minute and try again."),
        ),
        500: (
            _("Something broke on our side"),
            _("It is not your fault, and nothing you saved is lost. Please try again in a moment."),
        ),
        503: (_("Back in a moment"), _("The site is busy or being looked after. Please try again shortly.")),
    }
    return known.get(code, (_("That did not work"), _("Please go back and try again.")))


def draw_http(error: HTTPException) -> BaseResponse:
    """The page of an error that Flask or a view raised."""
    if error.code is None or error.code < 400:
        return error.get_response()
    response = draw(error.code)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    return response


def draw_too_many(error: TooMany) -> Response:
    """The page of a limit that was reached; programs read in a header when it ends."""
    return limiting.turned_down(error, limiting.told_to_script(error) or draw(429, str(error)))


COME_BACK = {Trouble.FULL: 300, Trouble.AWAY: 10, Trouble.BUSY: 5}
"""Seconds until it may be worth trying again."""


def on_trouble(error: Exception) -> Response:
    """Something around the site is the matter, and nothing was saved: say so, and offer to send the words again."""
    what = trouble.trouble_of(error)
    if what is None:
        if current_app.testing:
            raise error
        return on_bug(error)
    current_app.logger.error("%s: %s", what.value, (str(error).splitlines() or [""])[0])
    try:
        response = _draw_trouble(what)
    except Exception:
        forget_person()  # Nothing may be asked of a database that does not answer, not even who is looking.
        response = _draw_trouble(what)
    response.headers["Retry-After"] = str(COME_BACK[what])
    return response


def _draw_trouble(what: Trouble) -> Response:
    db.session.rollback()
    words = {
        Trouble.FULL: _("The site's disk is full, so nothing can be saved until there is room again."),
        Trouble.AWAY: _("The site's database does not answer, so nothing can be shown or saved just now."),
        Trouble.BUSY: _("So much is being saved at this moment that your turn did not come."),
    }[what]
    if request.endpoint in limiting.FOR_SCRIPTS:
        return make_response(jsonify(error=words), 503)
    if _sentences_typed():
        nothing_lost = _("Nothing of yours is lost: send it again in a while.")
        return resume(request.path, kept_fields(), f"{words} {nothing_lost}", code=503)
    return draw(503, f"{words} {_('Please try again in a while.')}")


def on_bug(error: Exception) -> Response:
    """A bug of ours: written to the log in full, told to the person in short."""
    rule = request.url_rule.rule if request.url_rule else "?"  # What stands for its parts can be a secret.
    current_app.logger.error("Unexpected error on %s %s", request.method, rule, exc_info=error)
    try:
        return draw(500)
    except Exception:
        # Nothing may be asked of a database that does not answer, not even who is looking.
        current_app.logger.exception("The page that tells of the error failed too")
        forget_person()
        return draw(500)


# What forms carry for us: it goes along when a form is sent once more, and means nothing to the person who sends it.
NOT_TYPED = frozenset(
    {"unsent", "opened", "seen", "version", "back", "next", "kind", "target", "fields", "value"}
)


def kept_fields() -> tuple[tuple[str, str], ...]:
    """What was typed into the form of this request, so that it can be sent again; never a password or a code."""
    return tuple(
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "one_time_code", "credential") and "password" not in name
    )


def _sentences_typed() -> tuple[str, ...]:
    """What somebody would not like to type again: the texts of more than one word in the form of this request."""
    # A form that could not be read the first time, for one because it was too large, is not read again.
    if "form" not in vars(request):
        return ()
    kept = kept_fields()
    return tuple(value for name, value in kept if name not in NOT_TYPED and len(value.split()) > 1)


def ask_to_sign_in(error: SignInNeeded) -> BaseResponse:
    """Lead to the sign-in page; what was typed comes along and is offered again afterwards."""
    if request.method == "GET":
        return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
    from app.accounts.views import sign_in_page

    db.session.rollback()
    return sign_in_page(message=str(error), kept_action=request.path, kept=kept_fields(), code=401)


def ask_for_proof(error: ProofNeeded) -> BaseResponse:
    """Ask who it is; what was typed comes along and is offered again afterwards."""
    if request.method == "GET":
        return redirect(url_for("second_step.proof", next=request.full_path.rstrip("?")))
    from app.accounts.second_step_views import proof_page

    db.session.rollback()
    return proof_page(message=str(error), action=request.path, kept=kept_fields(), code=403)


def offer_to_send_again(_error: CSRFError) -> BaseResponse:
    """The form was too old to be trusted: show what it held and let the person send it again."""
    db.session.rollback()
    text = _(
        "The page was open for a while, so we could not be sure that this came from you. "
        "Nothing is lost: look it over and send it again."
    )
    return resume(request.path, kept_fields(), text, code=400)


def resume(action: str, kept: tuple[tuple[str, str], ...], text: str, *, code: int = 200) -> Response:
    """A page that holds a form again which could not be taken the first time, and says why."""
    shown = tuple(value for name, value in kept if name not in NOT_TYPED and len(value) > 2)
    if not shown:
        text = _("Nothing is lost: press the button, and it is done.")
    page = ResumePage(action=action, text=text, kept=kept, shown=shown)
    return make_response(render_template("web/resume.html", page=page), code)


@dataclass(frozen=True)
class ResumePage:
    """A form to be sent once more."""

    action: str
    text: str
    kept: tuple[tuple[str, str], ...]
    shown: tuple[str, ...]
