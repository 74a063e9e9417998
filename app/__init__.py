"""How Aftercare is put together, in the order it happens.

Everything is imported where it is used: the process that renders guides imports this package too, and should
start without a web framework.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

HERE = Path(__file__).parent


def create_app(**overrides: Any) -> Flask:
    """One site, ready to serve. `overrides` replace settings of `app/config.py` by name."""
    from flask import Flask

    from app.config import settings
    from app.web.wording import WordedEnvironment

    app = Flask(__name__, static_folder=None)
    app.jinja_environment = WordedEnvironment
    app.config.update(settings(**overrides))
    app.url_map.strict_slashes = False
    _keep_pages(app)
    _trust_proxies(app)
    _see(app)
    _keep_house(app)
    _speak(app)
    _react()
    settle(app)
    _know_people(app)
    _search()
    _keep_pictures()
    _take_on_work()
    _draw(app)
    _open_doors(app)
    _take_commands(app)
    return app


def _keep_pages(app: Flask) -> None:
    from app.web import keeping, overload

    overload.init_app(app)
    keeping.init_app(app)


def _trust_proxies(app: Flask) -> None:
    from werkzeug.middleware.proxy_fix import ProxyFix

    count = app.config["PROXIES"]
    if count:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _see(app: Flask) -> None:
    from app.web import metrics, seeing, view_counts

    view_counts.init_app(app)
    seeing.init_app(app)
    metrics.init_app(app)


def _keep_house(app: Flask) -> None:
    from flask_migrate import Migrate

    from app.core.db import db, let_go
    from app.web import log

    for folder in ("VAR", "ARTICLES"):
        app.config[folder].mkdir(parents=True, exist_ok=True)
    db.init_app(app)
    app.teardown_appcontext(let_go)
    Migrate(app, db, directory=str(HERE.parent / "migrations"), render_as_batch=True)
    log.init_app(app)


def _react() -> None:
    from app import reactions
    from app.core import events

    events.connect(reactions.REACTIONS)


def settle(app: Flask) -> None:
    """Tell the modules that keep something for the whole process which site this process serves."""
    from flask import has_app_context
    from flask_babel import get_locale

    from app import limits, policy, search, site
    from app.accounts import codes, oidc, passkeys
    from app.core import outgoing
    from app.insights import synonyms
    from app.mail import delivery
    from app.mail.settings import post
    from app.notifications import unsubscribing
    from app.uploads import files

    site.configure(lambda: str(app.config["SITE_NAME"]))
    policy.follow_preset(lambda: site.settings().preset)
    policy.follow_staff_rule(lambda: site.staff_need_second_factor(app.config["STAFF_SECOND_FACTOR"]))
    search.configure(app.config["SEARCH_INDEX"], app.config["SEARCH_ENGINE"], app.config["LANGUAGE_MODEL"])
    # The search also answers where no site is running, as in measurements.
    search.follow_synonyms(
        lambda: synonyms.current(str(get_locale() or "")) if has_app_context() else search.Synonyms()
    )
    limits.configure(app.config["REDIS_URL"])
    files.configure(app.config["VAR"] / "uploads", app.config["SCANNER"])
    delivery.configure(post(app.config, site.name))
    unsubscribing.configure(app.config["SECRET_KEY"])
    codes.configure(app.config["SECRET_KEY"])
    passkeys.configure(app.config["URL"], site.name)
    oidc.configure(
        oidc.Provider(
            app.config["OIDC_ISSUER"],
            app.config["OIDC_CLIENT_ID"],
            app.config["OIDC_CLIENT_SECRET"],
            app.config["OIDC_NAME"],
            redirect_uri=f"{app.config['URL']}/sign-in/elsewhere/back",
        )
    )
    outgoing.configure(app.config["OUTGOING_ALLOW"])


def _speak(app: Flask) -> None:
    from flask_babel import Babel

    from app.web import language

    Babel(app, locale_selector=language.locale, timezone_selector=language.time_zone)


def _know_people(app: Flask) -> None:
    from app.web import session

    session.init_app(app)


def _search() -> None:
    from app import search
    from app.articles.search_documents import ArticleDocuments
    from app.forum.search_documents import QuestionDocuments

    search.register("article", ArticleDocuments())
    search.register("question", QuestionDocuments())


def _take_on_work() -> None:
    from app.jobs import queue
    from app.worker.handlers import HANDLERS

    queue.connect(HANDLERS)


def _keep_pictures() -> None:
    from app.accounts.models import User
    from app.articles.models import Article, Draft
    from app.forum.models import Answer, Comment, Question, SuggestedEdit
    from app.site.models import SiteSetting
    from app.uploads import uses
    from app.writing.models import PostDraft

    for kind, model in {
        "question": Question,
        "answer": Answer,
        "comment": Comment,
        "suggested edit": SuggestedEdit,
        "article": Article,
        "draft": Draft,
    }.items():
        uses.watch(model, kind, "body")
    uses.watch(PostDraft, "unsent text", "fields")
    uses.watch(SiteSetting, "site", "value")
    uses.watch(User, "person", "avatar_name", uses.name_itself)


def _draw(app: Flask) -> None:
    from jinja2 import FileSystemLoader, PrefixLoader, StrictUndefined

    from app.web import drawing, pieces, sending

    # "forum/question.html" lives in app/forum/templates/question.html
    folders = {folder.parent.name: FileSystemLoader(folder) for folder in HERE.glob("*/templates")}
    app.jinja_loader = PrefixLoader(folders)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    drawing.init_app(app)
    sending.init_app(app)
    pieces.init_app(app)


def _open_doors(app: Flask) -> None:
    from app.accounts import identity_views, passkey_views, second_step_views, security_views
    from app.accounts.settings_views import bp as account_settings
    from app.accounts.views import bp as accounts
    from app.articles.feedback_views import bp as feedback
    from app.articles.views import bp as articles
    from app.catalog import admin_views as admin_catalog
    from app.catalog.tag_views import bp as tags
    from app.catalog.views import bp as catalog
    from app.forum import desk_views, live_views
    from app.forum.comment_views import bp as comments
    from app.forum.duplicate_views import bp as duplicates
    from app.forum.promotion_views import bp as promotion
    from app.forum.suggested_edit_views import bp as suggested_edits
    from app.forum.views import bp as forum
    from app.insights import state_views as admin_state
    from app.insights.searches_views import bp as searches
    from app.insights.synonyms_views import bp as synonyms
    from app.moderation.views import bp as moderation
    from app.notifications.views import bp as notifications
    from app.reputation import people_views
    from app.reputation.views import bp as reputation
    from app.search.views import bp as search
    from app.site import people_views as admin_people
    from app.site import views as admin
    from app.uploads.views import bp as uploads
    from app.web import (
        errors,
        feeds,
        health,
        limiting,
        look,
        metrics,
        opensearch,
        packing,
        pictures,
        privacy,
        protection,
        sitemap,
        static,
    )
    from app.web.help_views import bp as help_pages
    from app.web.views import bp as web
    from app.writing import views as writing

    for blueprint in (web, accounts, catalog, search, articles, feedback, forum, promotion, notifications):
        app.register_blueprint(blueprint)
    for blueprint in (
        account_settings,
        security_views.bp,
        second_step_views.bp,
        passkey_views.bp,
        identity_views.bp,
    ):
        app.register_blueprint(blueprint)
    for blueprint in (comments, duplicates, suggested_edits):
        app.register_blueprint(blueprint)
    app.register_blueprint(moderation)
    app.register_blueprint(searches)
    app.register_blueprint(synonyms)
    for blueprint in (
        feeds.bp,
        sitemap.bp,
        opensearch.bp,
        health.bp,
        metrics.bp,
        privacy.bp,
        help_pages,
        uploads,
    ):
        app.register_blueprint(blueprint)
    for blueprint in (tags, desk_views.bp, people_views.bp):
        app.register_blueprint(blueprint)
    app.register_blueprint(live_views.bp)
    live_views.init_app(app)
    app.register_blueprint(writing.bp)
    writing.init_app(app)
    for blueprint in (reputation, admin_state.bp, admin.bp, admin_people.bp, admin_catalog.bp):
        app.register_blueprint(blueprint)
    packing.init_app(app)
    static.init_app(app)
    look.init_app(app)
    pictures.init_app(app)
    protection.init_app(app)
    security_views.init_app(app)
    limiting.init_app(app)
    errors.init_app(app)


def _take_commands(app: Flask) -> None:
    from app.accounts.cli import admin_cli
    from app.articles.cli import articles_cli, render_cli
    from app.backup.cli import backup_cli
    from app.demo.cli import demo_cli
    from app.forum.cli import repair_cli
    from app.imports.cli import import_cli
    from app.insights import cli as _golden_cli  # noqa: F401 - adds `flask search golden`
    from app.jobs.cli import jobs_cli
    from app.mail.cli import mail_cli
    from app.search.cli import search_cli
    from app.web.cli import crawl_cli
    from app.worker.cli import worker_cli

    for command in (
        admin_cli,
        articles_cli,
        backup_cli,
        crawl_cli,
        demo_cli,
        import_cli,
        jobs_cli,
        mail_cli,
        render_cli,
        repair_cli,
        search_cli,
        worker_cli,
    ):
        app.cli.add_command(command)
