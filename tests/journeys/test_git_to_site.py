"""A writer edits a file, the sync runs, and the change is read and found."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_an_edited_file_is_read_and_found(visit, site):
    page = visit()
    path = site.articles / "lamp" / "clean-the-lamp.md"
    path.write_text(path.read_text().replace("a dry cloth", "a microfibre wipe"))
    site.sync()
    page.goto("/articles/clean-the-lamp")
    expect(page.get_by_text("a microfibre wipe")).to_be_visible()
    page.goto("/search?q=microfibre")
    page.get_by_role("main").get_by_role("link", name="Clean the lamp").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Clean the lamp")


def test_a_renamed_file_keeps_its_readers(visit, site):
    page = visit()
    (site.articles / "lamp" / "clean-the-lamp.md").rename(site.articles / "lamp" / "care-for-the-lamp.md")
    site.sync()
    page.goto("/articles/clean-the-lamp")
    page.wait_for_url("**/articles/care-for-the-lamp")
    expect(page.get_by_role("heading", level=1)).to_have_text("Clean the lamp")


def test_a_deleted_file_is_withdrawn_with_a_word_and_not_lost(visit, site):
    page = visit()
    (site.articles / "lamp" / "warranty.md").unlink()
    site.sync()
    assert page.goto("/articles/warranty").status == 410
    expect(page.get_by_role("heading", level=1)).to_be_visible()
