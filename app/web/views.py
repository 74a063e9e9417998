"""Pages that belong to no feature: the front page, and who may do what."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from app import policy, site
from app.articles import queries as articles
from app.articles.queries import ArticleCard
from app.catalog import queries as catalog
from app.core import addresses
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.forum import queries as forum
from app.forum import tally_queries
from app.forum.queries import QuestionRow
from app.forum.tally_queries import Tally
from app.reputation.views import AbilityLine, ability_lines, preset_label
from app.site import queries as settings
from app.web import feeds, structured_data
from app.web.head import head, root
from app.web.session import actor

bp = Blueprint("web", __name__)

PRODUCTS_SHOWN = 12


@dataclass(frozen=True)
class ProductCard:
    """A product on the front page."""

    name: str
    url: str
    note: str


@dataclass(frozen=True)
class HomePage:
    """The front page."""

    products: tuple[ProductCard, ...]
    has_more_products: bool
    solved: tuple[QuestionRow, ...]
    waiting: tuple[QuestionRow, ...]
    fresh: tuple[ArticleCard, ...]
    nobody_is_here: bool


@bp.get("/")
def home() -> str:
    viewer = actor()
    guides, questions = articles.article_counts(viewer), tally_queries.by_product()
    products = tuple(
        ProductCard(
            name=product.name,
            url=addresses.product(product.slug),
            note=" · ".join(
                [
                    ngettext("%(num)d guide", "%(num)d guides", guides.get(product.id, 0)),
                    ngettext(
                        "%(num)d question", "%(num)d questions", questions.get(product.id, Tally()).listed
                    ),
                ]
            ),
        )
        for product in catalog.offered_products()
    )
    page = HomePage(
        products=products[:PRODUCTS_SHOWN],
        has_more_products=len(products) > PRODUCTS_SHOWN,
        solved=forum.solved_lately(viewer, 5),
        waiting=forum.waiting(viewer, 4),
        fresh=articles.newest(viewer, 4),
        nobody_is_here=not viewer.is_authenticated and settings.nobody_is_here(),
    )
    website = structured_data.website(site.name(), root())
    return render_template(
        "web/home.html", page=page, head=head("/", things=[website], feeds=feeds.of_everything())
    )


@dataclass(frozen=True)
class PrivilegesPage:
    """Who may do what, as the policy has it: (deed, who) pairs; and what reputation opens."""

    rules: tuple[tuple[str, str], ...]
    roles: tuple[str, ...]
    abilities: tuple[AbilityLine, ...]
    preset: str
    own_points: int | None


def deed_words() -> dict[str, str]:
    """What each deed of the policy is called on the page."""
    return {
        "sign_up": _("Open an account"),
        "sign_up_with_identity": _("Open an account with one at the sign-in provider"),
        "confirm_email": _("Confirm an address with a link from a letter"),
        "request_password_reset": _("Ask for a link that sets a new password"),
        "reset_password": _("Set a new password with such a link"),
        "change_password": _("Change a password"),
        "confirm_identity": _("Show once more that it is oneself"),
        "set_up_app": _("Begin to set up an authenticator app"),
        "confirm_app": _("Have an authenticator app asked for when signing in"),
        "remove_app": _("Take an authenticator app away"),
        "renew_recovery_codes": _("Have new recovery codes made"),
        "register_passkey": _("Add a passkey"),
        "remove_passkey": _("Take a passkey away"),
        "link_identity": _("Link an account at the sign-in provider"),
        "unlink_identity": _("Take such a link away"),
        "end_session": _("Sign a browser out"),
        "end_other_sessions": _("Sign out everywhere else"),
        "send_confirmation": _("Have the letter that confirms an address sent again"),
        "change_email": _("Change an e-mail address"),
        "change_profile": _("Change one’s public page, language and time zone"),
        "change_avatar": _("Change one’s picture"),
        "export_data": _("Download a copy of one’s data"),
        "delete_account": _("Delete an account"),
        "upload_image": _("Add a picture"),
        "upload_sign": _("Show a picture beside one’s name"),
        "preview_text": _("See a preview"),
        "keep_unsent": _("Have an unsent text kept"),
        "discard_unsent": _("Throw an unsent text away"),
        "ask_question": _("Ask a question"),
        "note_solved_while_asking": _("Say that a suggestion solved it"),
        "note_search": _("Let the site learn from a search, without who searched"),
        "note_result_opened": _("Let the site learn which result was opened"),
        "note_outcome": _("Let the site learn what became of a search"),
        "pin_result": _("Put a result on top of a search for a while"),
        "unpin_result": _("Take a pinned result down"),
        "keep_golden_query": _("Say what a search must find among its first three"),
        "drop_golden_query": _("No longer ask for that"),
        "keep_synonym": _("Say that words mean the same to the search"),
        "drop_synonym": _("No longer say so"),
        "edit_question": _("Edit a question"),
        "delete_question": _("Delete a question"),
        "undelete_question": _("Bring a deleted question back"),
        "answer_question": _("Answer a question"),
        "edit_answer": _("Edit an answer"),
        "delete_answer": _("Delete an answer"),
        "undelete_answer": _("Bring a deleted answer back"),
        "comment": _("Comment on a post"),
        "edit_comment": _("Change a comment (for 15 minutes)"),
        "delete_comment": _("Delete a comment"),
        "undelete_comment": _("Bring a deleted comment back"),
        "convert_comment": _("Make an answer of a comment"),
        "make_wiki": _("Open an answer for everybody to edit"),
        "end_wiki": _("Close an answer that everybody could edit"),
        "suggest_duplicate": _("Say that a question was asked before"),
        "confirm_duplicate": _("Confirm that a question was asked before"),
        "decline_duplicate": _("Say that a question is not the same as another"),
        "withdraw_duplicate": _("Let a question that was asked before stand for itself again"),
        "merge_question": _("Bring the answers of a question that was asked before to the other one"),
        "suggest_edit": _("Suggest a change to what somebody else wrote"),
        "withdraw_suggested_edit": _("Take a suggested change back"),
        "approve_suggested_edit": _("Take over a suggested change"),
        "reject_suggested_edit": _("Turn a suggested change down, with a reason"),
        "vote": _("Vote up"),
        "vote_down": _("Vote down"),
        "void_votes": _("Take back all votes of somebody who deceived"),
        "mark_affected": _("Say “I have this problem too”"),
        "accept_answer": _("Accept an answer"),
        "unaccept_answer": _("Take an acceptance back"),
        "verify_answer": _("Verify an answer"),
        "unverify_answer": _("Take a verification back"),
        "promote_answer": _("Make a guide of an answer"),
        "link_to_article": _("Link an answer to the guide that covers it"),
        "unlink_from_article": _("Take the link from an answer to a guide back"),
        "start_draft": _("Begin or edit a guide"),
        "save_draft": _("Save a draft"),
        "discard_draft": _("Discard a draft"),
        "restore_draft": _("Bring a discarded draft back"),
        "send_draft_for_review": _("Send a draft for review"),
        "approve_draft": _("Approve a draft"),
        "return_draft": _("Return a draft with a note"),
        "publish_draft": _("Publish an approved draft"),
        "withdraw_article": _("Withdraw a guide"),
        "restore_article": _("Put a withdrawn guide back"),
        "check_article": _("Say that a guide is still true"),
        "give_feedback": _("Say whether a guide helped"),
        "accept_feedback": _("Take up what a reader says about a guide"),
        "fix_feedback": _("Mark what a reader says about a guide as fixed"),
        "decline_feedback": _("Decline what a reader says about a guide, with a reason"),
        "edit_tag": _("Say what a tag means and which other words mean the same"),
        "merge_tags": _("Join two tags that mean the same"),
        "rename_tag": _("Rename a tag"),
        "report": _("Report something to the moderators"),
        "approve_post": _("Show a post that was held"),
        "hide_post": _("Hide a post, with a reason"),
        "hide_all_posts": _("Hide all posts of a member, with a reason"),
        "restore_post": _("Show a hidden post again"),
        "answer_reports": _("Answer reports"),
        "suspend": _("Suspend somebody, with a reason"),
        "lift_suspension": _("Lift a suspension"),
        "note_on_person": _("Leave a note on somebody for other moderators"),
        "rename_site": _("Name the site"),
        "set_logo": _("Set the site’s logo"),
        "set_colours": _("Choose the site’s colours"),
        "change_limits": _("Change the limits"),
        "choose_preset": _("Choose how much reputation each ability takes"),
        "announce": _("Put up a banner"),
        "end_announcement": _("Take a banner down"),
        "give_role": _("Give somebody another role"),
        "require_second_factor": _("Say whether staff need a second factor"),
        "create_product": _("Add a product"),
        "edit_product": _("Rename and describe a product"),
        "retire_product": _("Retire a product"),
        "restore_product": _("Bring a retired product back"),
        "send_test_mail": _("Send a test mail"),
        "retry_job": _("Have work tried again that was given up"),
        "read_notifications": _("Read messages"),
        "choose_mail": _("Choose what comes by mail"),
        "follow": _("Follow a question, product, tag or person"),
        "unfollow": _("Follow it no more"),
        "await_answer": _("Hear of it when there is an answer to a search"),
        "stop_awaiting": _("Wait for an answer no more"),
    }


@bp.get("/help/privileges")
def privileges() -> str:
    words = deed_words()
    page = PrivilegesPage(
        rules=tuple((words[deed], str(rule.words)) for deed, rule in policy.RULES.items()),
        roles=tuple(role.label for role in policy.Role),
        abilities=ability_lines(),
        preset=preset_label(),
        own_points=actor().reputation if actor().is_authenticated else None,
    )
    return render_template("web/privileges.html", page=page, head=head("/help/privileges"))
