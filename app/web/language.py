"""Which language and zone a page is drawn in."""

from flask import current_app, request


def locale() -> str:
    """The site's language that the reader's browser likes best."""
    languages: tuple[str, ...] = current_app.config["LANGUAGES"]
    if len(languages) == 1 or not request:
        return languages[0]
    return request.accept_languages.best_match(languages) or languages[0]


def time_zone() -> str:
    """Pages are drawn in UTC; the reader's browser turns moments into its own zone."""
    return "UTC"
