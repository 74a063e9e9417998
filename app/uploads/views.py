"""Where pictures are added and where they are shown."""

from flask import Blueprint, Response, abort, jsonify, request

from app.core.errors import Declined, NotAllowed, SignInNeeded, TooMany
from app.uploads import actions, files
from app.web.pictures import picture, takes_picture
from app.web.session import actor

bp = Blueprint("uploads", __name__)

YEAR = 365 * 24 * 3600
# Should something be in a picture's file that a browser takes for a page, then it may do nothing there.
SHUT = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@bp.get("/uploads/<name>")
def show(name: str) -> Response:
    path = files.path_of(name)
    if path is None:
        abort(404)
    response = Response(path.read_bytes(), content_type=files.TYPES[path.suffix[1:]])
    response.set_etag(name.partition(".")[0])
    response.cache_control.max_age = YEAR
    response.cache_control.public = True
    response.cache_control.immutable = True
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.headers["Content-Security-Policy"] = SHUT
    response.make_conditional(request)
    return response


@bp.post("/uploads")
@takes_picture
def upload_image() -> Response | tuple[Response, int]:
    """Adds a picture for a script, and answers in JSON: its address, or what is wrong with it."""
    try:
        upload = actions.upload_image(actor(), picture())
    except (SignInNeeded, TooMany):
        raise
    except Declined as error:
        return jsonify(error=str(error)), 403 if isinstance(error, NotAllowed) else 400
    return jsonify(url=upload.url, width=upload.width, height=upload.height), 201
