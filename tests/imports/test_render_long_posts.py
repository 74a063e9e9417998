"""An imported post may be longer than people may write; rendering everything anew takes it along."""

from build import a_question

from app.core.db import db
from app.core.markup import POST_LIMIT, RENDERER_VERSION


def test_a_post_longer_than_people_may_write_is_rendered_anew_too(app):
    asked = a_question()
    asked.body, asked.renderer_version = "pasted log line\n" * (POST_LIMIT // 10), 0
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["render"])
    db.session.expire_all()
    assert result.exit_code == 0
    assert "keep their old form" not in result.output
    assert asked.renderer_version == RENDERER_VERSION
    assert "pasted log line" in asked.body_html
