"""Adding a picture: who may, how many, and what is kept."""

import os
from datetime import timedelta

import pytest
from build import a_question, a_user
from pictures import a_picture, opened

from app.core.db import db, now
from app.core.errors import Invalid, NotAllowed, Refused, SignInNeeded, TooMany
from app.uploads import actions, files, queries
from app.uploads.actions import upload_image, upload_sign
from app.uploads.apart import check_here
from app.uploads.images import check
from app.uploads.models import Upload
from app.uploads.sweeping import sweep


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    """Starting a process for each picture takes longer than these tests; tests/uploads/test_images.py has it."""
    monkeypatch.setattr(actions, "check_apart", check_here)


def files_kept():
    return sorted(path.name for path in files.every_file())


def add(client, data, name="photo.png", token=True, address="/uploads"):
    return client.post(address, **a_form_with(data, name, client.csrf_token if token else ""))


def a_form_with(data, name, token):
    """The body of a form as browsers send it; the test client would leave a large one open in a file."""
    parts = (
        f'--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        f'--x\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n\r\n'
    )
    return {
        "data": parts.encode() + data + b"\r\n--x--\r\n",
        "content_type": "multipart/form-data; boundary=x",
    }


def test_a_picture_is_kept_under_a_name_that_follows_from_its_content(app, asker):
    upload = upload_image(asker, a_picture())
    assert (upload.owner_id, upload.width, upload.height) == (asker.id, 40, 20)
    assert files_kept() == [upload.name]
    data = files.path_of(upload.name).read_bytes()
    assert upload.name == files.name_of(check(a_picture()))
    assert upload.size == len(data)


def test_the_same_picture_twice_is_one_row_a_person_and_one_file(app, asker, helper):
    first, second, other = (upload_image(who, a_picture()) for who in (asker, asker, helper))
    assert first.id == second.id != other.id
    assert first.name == other.name
    assert len(files_kept()) == 1


def test_visitors_sign_in_first_and_who_is_suspended_waits(app, visitor):
    with pytest.raises(SignInNeeded):
        upload_image(visitor, a_picture())
    with pytest.raises(NotAllowed):
        upload_image(a_user(suspended_until=now() + timedelta(days=1)), a_picture())
    assert files_kept() == []


def test_a_day_has_room_for_so_many_pictures_and_says_when_there_is_room_again(app, asker, monkeypatch):
    monkeypatch.setattr(actions, "_most_a_day", lambda _actor: 2)
    first = upload_image(asker, a_picture(colour=(1, 1, 1)))
    first.created_at = now() - timedelta(hours=20)
    db.session.commit()
    upload_image(asker, a_picture(colour=(2, 2, 2)))
    with pytest.raises(TooMany, match=r"2 pictures .* in 4 hours"):
        upload_image(asker, a_picture(colour=(3, 3, 3)))
    first.created_at = now() - timedelta(hours=25)
    db.session.commit()
    upload_image(asker, a_picture(colour=(3, 3, 3)))


def test_a_day_has_room_for_so_many_megabytes(app, asker, monkeypatch):
    monkeypatch.setattr(actions, "MOST_BYTES_A_DAY", 10)
    upload_image(asker, a_picture(colour=(1, 1, 1)))
    with pytest.raises(TooMany, match="24 hours"):
        upload_image(asker, a_picture(colour=(2, 2, 2)))


def test_a_scanner_that_objects_or_is_away_keeps_the_picture_out(app, asker):
    picture = a_picture()
    for command, error, words in (
        ("grep -q -v PNG", None, ""),
        ("sh -c 'cat >/dev/null; exit 1'", Invalid, "scanner does not like"),
        ("sh -c 'cat >/dev/null; exit 2'", Refused, "does not answer"),
        ("/no/such/scanner", Refused, "does not answer"),
    ):
        files.configure(files.folder(), command)
        if error is None:
            upload_image(asker, picture)
            continue
        with pytest.raises(error, match=words):
            upload_image(asker, a_picture(colour=(7, 7, 7)))
    assert len(files_kept()) == 1
    files.configure(files.folder())


def test_the_answer_to_a_script_is_an_address_or_what_is_wrong(app, browser, asker):
    page = browser(asker)
    answer = add(page, a_picture())
    assert answer.status_code == 201
    assert answer.json["url"] == f"/uploads/{db.session.get(Upload, 1).name}"
    answer = add(page, b"<svg onload=alert(1)>", "../../x.svg")
    assert answer.status_code == 400
    assert "PNG, JPEG, WebP or GIF" in answer.json["error"]
    assert page.post("/uploads").json["error"].startswith("There is nothing in this file")


def test_only_this_address_takes_more_than_two_megabytes(app, browser, asker):
    page = browser(asker)
    large = bytes(3 * 1024 * 1024)
    assert "PNG, JPEG" in add(page, large).json["error"]
    assert add(page, bytes(11 * 1024 * 1024)).status_code == 413
    assert add(page, large, address="/ask").status_code == 413


def test_a_picture_without_the_token_of_the_form_is_not_taken(app, browser, asker):
    assert add(browser(asker), a_picture(), token=False).status_code == 400
    assert files_kept() == []


def test_a_picture_is_served_so_that_it_can_be_nothing_but_a_picture(app, browser, asker):
    upload = upload_image(asker, a_picture("JPEG"))
    shown = browser().get(upload.url)
    assert opened(shown.data).size == (40, 20)
    headers = shown.headers
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Content-Disposition"] == f'inline; filename="{upload.name}"'
    assert "immutable" in headers["Cache-Control"]
    assert "public" in headers["Cache-Control"]
    assert "Set-Cookie" not in headers
    assert browser().get(upload.url, headers={"If-None-Match": headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "name",
    [
        "../secret_key",
        "..%2fsecret_key",
        "%2e%2e/secret_key",
        ".x.part",
        "a.png",
        "A" * 32 + "-1x1.png",
        "0" * 32 + "-1x1.svg",
    ],
)
def test_no_other_file_is_served(app, browser, name):
    (app.config["VAR"] / "secret_key").write_text("secret")
    files.folder().mkdir()
    (files.folder() / ".x.part").write_text("half")
    (files.folder() / "a.png").write_text("foreign")
    assert browser().get(f"/uploads/{name}").status_code == 404


def test_it_is_known_where_a_picture_is_shown(app, asker):
    upload = upload_image(asker, a_picture())
    question = a_question(by=asker, body=f"Look: ![red]({upload.url})")
    assert queries.places_of(upload.name) == [("question", question.id)]
    question.body = f"Twice: {upload.url} {upload.url}"
    db.session.commit()
    assert queries.places_of(upload.name) == [("question", question.id)]
    question.body = "Never mind"
    db.session.commit()
    assert queries.places_of(upload.name) == []


def test_a_picture_beside_a_name_is_in_use(app, asker):
    upload = upload_sign(asker, a_picture(), 16)
    asker.avatar_name = upload.name
    db.session.commit()
    assert queries.places_of(upload.name) == [("person", asker.id)]
    asker.avatar_name = ""
    db.session.commit()
    assert queries.places_of(upload.name) == []


def long_ago(path):
    os.utime(path, (1_000_000_000, 1_000_000_000))


def test_the_sweep_takes_what_nothing_shows_and_leaves_what_something_shows_or_is_new(app, asker, helper):
    used, unused, new = (upload_image(asker, a_picture(colour=(shade,) * 3)) for shade in (1, 2, 3))
    shared = upload_image(helper, a_picture(colour=(2, 2, 2)))
    a_question(by=asker, body=f"![]({used.url})")
    left = files.folder() / f"{'0' * 32}-1x1.png"
    half = files.folder() / ".abc.part"
    for path in (left, half):
        path.write_text("x")
    for path in files.every_file():
        long_ago(path)
    for upload in (used, unused):
        upload.created_at = now() - timedelta(days=8)
    db.session.commit()
    assert sweep() == 2
    assert files_kept() == sorted({used.name, shared.name, new.name})
    shared.created_at = now() - timedelta(days=8)
    db.session.commit()
    assert sweep() == 1
    assert files_kept() == sorted({used.name, new.name})
    assert {db.session.get(Upload, number) is None for number in (unused.id, shared.id)} == {True}
