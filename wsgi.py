"""The door for a web server: `gunicorn wsgi:app`."""

import gc

gc.disable()  # What is read at the start stays; looking through it for garbage takes a sixth of the time.

from app import create_app  # noqa: E402

app = create_app()
gc.enable()
