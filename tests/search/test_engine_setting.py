"""Which engine searches is a setting."""

import pytest

from app.config import BadSetting, settings


@pytest.mark.parametrize(
    ("engine", "told"), [("lucene", "whoosh or tantivy, not 'lucene'"), ("tantivy", "pip install aftercare")]
)
def test_an_engine_that_cannot_be_had_stops_the_start_and_says_what_to_do(
    engine: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFTERCARE_SEARCH_ENGINE", engine)
    monkeypatch.setattr("app.config.find_spec", lambda _: None)
    with pytest.raises(BadSetting, match=told):
        settings(SECRET_KEY="x")
