"""What stands beside the fields that people write in: a preview, names to complete, texts kept until they are sent."""

import json
from contextlib import suppress
from dataclasses import dataclass

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as BaseResponse

from app.core import trouble
from app.core.errors import Declined, Invalid
from app.core.i18n import gettext as _
from app.policy import allow, may
from app.uploads.actions import upload_image
from app.web import links
from app.web.errors import kept_fields
from app.web.pictures import picture, takes_picture
from app.web.session import actor
from app.writing import actions, queries
from app.writing.queries import UnsentText

bp = Blueprint("writing", __name__)

NAMES_SHOWN = 8
NOT_KEPT = {"csrf_token", "preview", "image", "image_text"}


# Preview


@dataclass(frozen=True)
class PreviewPage:
    """A text as it will look, and the form that it came from, to be changed or sent.

    Attributes:
        preview_html: nothing where the text cannot be shown; then `problem` says why.
        field: the name of the field with the text.
        action: where the form is sent to.
        kept: the other fields of the form.
    """

    preview_html: str
    title: str
    field: str
    text: str
    action: str
    kept: tuple[tuple[str, str], ...]
    problem: str = ""


@bp.post("/preview")
@takes_picture
def preview_text() -> str | tuple[str, int]:
    """Shows what was typed into a form of any page; a picture that comes along is put at the text's end."""
    allow(actor(), "preview_text")
    field, _space, action = request.form.get("preview", "").partition(" ")
    if not links.is_local(action) or field not in request.form:
        abort(400)
    text, problem = request.form[field], ""
    try:
        added = picture()
        if added:
            upload = upload_image(actor(), added)
            words = " ".join(request.form.get("image_text", "").replace("[", "(").replace("]", ")").split())
            text = f"{text.rstrip()}\n\n![{words}]({upload.url})\n".lstrip()
        html = actions.preview_text(actor(), text).html
    except Declined as error:
        html, problem = "", str(error)
    page = PreviewPage(
        preview_html=html,
        title=request.form.get("title", "").strip() or _("Preview"),
        field=field,
        text=text,
        action=action,
        kept=tuple((name, value) for name, value in kept_fields() if name not in NOT_KEPT | {field}),
        problem=problem,
    )
    drawn = render_template("writing/preview.html", page=page)
    return (drawn, 400) if problem else drawn


# Words and names for the editor's script


@bp.get("/editor/words")
def editor_words() -> Response:
    """What the editor's script says, in the reader's language."""
    response = jsonify(
        write=_("Write"),
        preview=_("Preview"),
        formatting=_("Formatting"),
        loading=_("One moment …"),
        empty=_("Nothing to show yet."),
        preview_failed=_("The preview did not come. Your text is safe; please try again."),
        bold=_("Bold"),
        italic=_("Italic"),
        link=_("Link"),
        guide=_("Link to a guide or question"),
        quote=_("Quote"),
        code=_("Code or error message"),
        list=_("List"),
        numbered=_("Steps in order"),
        heading=_("Heading"),
        table=_("Table"),
        picture=_("Picture"),
        picture_say=_("What does the picture show?"),
        picture_why=_("For people who cannot see it, and for the search. One sentence is enough."),
        picture_insert=_("Put it into the text"),
        picture_cancel=_("Leave it out"),
        picture_sending=_("Sending {name}: {percent} %"),
        picture_checking=_("Checking {name} …"),
        picture_ready=_("{name} is ready."),
        picture_large=_("{name} has more than 8 MB. Please make it smaller."),
        picture_kind=_("{name} is no picture. Please choose PNG, JPEG, WebP or GIF."),
        picture_lost=_("The connection broke off. Your text is safe; please try the picture again."),
        again=_("Try again"),
        table_head=_("Column"),
        people=_("People"),
        things=_("Guides and questions"),
        found=_("{n} found. Use the arrow keys, then Enter."),
        wrote=_("{name} wrote:"),
        quoted=_("Quoted in your answer."),
        other_device=_("There is a text that you began on another device."),
        use=_("Use that text"),
    )
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/editor/people")
def complete_people() -> Response:
    """Names that begin like what was typed after an @; for members only, so that nobody harvests them."""
    typed = request.args.get("q", "")[:40]
    names = queries.people_called(typed, NAMES_SHOWN) if typed and may(actor(), "preview_text") else []
    response = jsonify(names=names)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# Texts that are not sent yet


@dataclass(frozen=True)
class UnsentPage:
    """A person's texts that are not sent yet."""

    texts: tuple[UnsentText, ...]


@bp.get("/unsent")
def unsent_texts() -> str:
    allow(actor(), "keep_unsent")
    return render_template("writing/unsent.html", page=UnsentPage(queries.unsent_texts(actor().id)))


@bp.get("/unsent/<place>")
def unsent(place: str) -> Response:
    """What is kept for this form, for its script; `fields` is null where there is nothing."""
    draft = queries.unsent(actor().id, place) if actor().is_authenticated else None
    response = jsonify(
        fields=draft.fields if draft else None,
        at=round(draft.updated_at.timestamp() * 1000) if draft else 0,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.post("/unsent/<place>")
def keep_unsent(place: str) -> tuple[str, int]:
    """Takes the fields of a form from its script, as JSON in `fields`."""
    allow(actor(), "keep_unsent")
    try:
        typed = json.loads(request.form.get("fields", "{}"))
    except ValueError:
        typed = None
    page = request.form.get("page", "")
    if not isinstance(typed, dict) or not links.is_local(page):
        raise Invalid(_("This form is not one of ours."))
    fields = {name: text.replace("\0", "") for name, text in typed.items() if isinstance(text, str)}
    actions.keep_unsent(actor(), place, page, fields)
    return "", 204


@bp.post("/unsent/<place>/discard")
def discard_unsent(place: str) -> BaseResponse:
    actions.discard_unsent(actor(), place)
    flash(_("Thrown away."))
    return redirect(url_for("writing.unsent_texts"), 303)


def init_app(app: Flask) -> None:
    """Let go of what is kept for a form as soon as the form was taken."""
    app.after_request(_forget_what_was_sent)


def _forget_what_was_sent(response: Response) -> Response:
    # Only a deed that was done leads on to another address.
    place = request.form.get("unsent", "") if request.method == "POST" and response.status_code == 303 else ""
    if place and actor().is_authenticated and queries.unsent(actor().id, place) is not None:
        with suppress(*trouble.KINDS):  # What was sent is kept, and that matters; this is only tidying up.
            actions.discard_unsent(actor(), place)
    return response
