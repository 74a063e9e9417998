"""Importing this reads all that the site's server and its worker read at their start; see `serving.py`."""

import tempfile
from pathlib import Path

import gunicorn.app.wsgiapp
import gunicorn.workers.gthread  # noqa: F401

from app import create_app

with tempfile.TemporaryDirectory() as home:
    create_app(HOME=Path(home))
