"""Files that were made to harm: bombs, two things in one, names that lead elsewhere, and very many of them."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from app.core.errors import Invalid, Refused, TooMany
from app.uploads import actions, files, images
from app.uploads.actions import upload_image
from app.uploads.apart import check_here
from app.uploads.images import Unfit, check
from tests.uploads.pictures import a_picture, opened
from tests.uploads.test_upload_image import add

SCRIPT = b"*/=1;alert(document.domain)/*<script>alert(1)</script><?php system('id'); ?>"
ARCHIVE = b"PK\x03\x04\x14\0\0\0\0\0" + bytes(20) + b"META-INF/MANIFEST.MF" + b"PK\x05\x06" + bytes(18)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def frames(kind, count, size=(2, 2)):
    """A picture that moves, of so many frames."""
    pictures = [Image.new("RGB", size, (number % 256, number // 256, 9)) for number in range(count)]
    file = io.BytesIO()
    pictures[0].save(
        file, kind, save_all=True, append_images=pictures[1:], duration=40, optimize=False, lossless=True
    )
    return file.getvalue()


# Bombs


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_a_file_of_endless_frames_is_refused_before_they_are_decoded(kind, monkeypatch):
    monkeypatch.setattr(images, "_plain", lambda _image: pytest.fail("a frame was decoded"))
    with pytest.raises(Unfit) as refused:
        check(frames(kind, images.MOST_FRAMES + 1))
    assert refused.value.why == "frames"


def test_texts_in_a_png_that_unpack_without_end_are_not_read_into_memory():
    text = zlib.compress(bytes(64 * 1024 * 1024), 9)
    picture = a_picture("PNG")
    end = picture.index(b"IDAT") - 4
    bomb = picture[:end] + chunk(b"zTXt", b"Comment\0\0" + text) * 8 + picture[end:]
    with pytest.raises(Unfit) as refused:
        check(bomb)
    assert refused.value.why == "broken"


# Two things in one


def polyglots():
    """Files that are a picture to one program and something else to another."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", SCRIPT.decode())
    yield "gif and archive", a_picture("GIF") + ARCHIVE
    yield "gif and script", b"GIF89a" + a_picture("GIF")[6:] + SCRIPT
    yield "jpeg and page", a_picture("JPEG", comment=SCRIPT)
    yield "jpeg and archive", a_picture("JPEG") + ARCHIVE
    yield "png and script", a_picture("PNG", pnginfo=info)
    yield "png and archive", a_picture("PNG") + ARCHIVE
    yield "webp and page", a_picture("WEBP", xmp=SCRIPT) + SCRIPT
    yield "two pictures in one", a_picture("JPEG") + a_picture("PNG") + SCRIPT


@pytest.mark.parametrize(("name", "data"), list(polyglots()))
def test_of_two_things_in_one_only_the_picture_is_kept(name, data):
    kept = check(data).data
    for foreign in (b"alert", b"<script", b"<?php", b"PK\x03\x04", b"MANIFEST", b"IEND\xaeB`\x82" + b"\xff"):
        assert foreign not in kept
    assert opened(kept).size == (40, 20)


def test_pixels_that_spell_a_script_are_spelt_anew():
    # A picture whose packed pixels are themselves readable as text, as some have made for PNG.
    noise = random.Random(1).randbytes(20 * 121)
    rows = b"".join(b"\0" + (SCRIPT + noise[at * 121 :])[:120] for at in range(20))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 20, 8, 2, 0, 0, 0))
    data = b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")
    assert b"alert" in data
    assert b"alert" not in check(data).data


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>",
        b"\x1f\x8b\x08\0" + zlib.compress(b"<svg/>"),
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n",
        b"push graphic-context\nviewbox 0 0 9 9\nimage over 0,0 0,0 'https://e.org/x'\npop graphic-context",
        b"8BPS\0\1" + bytes(60),
        b"\0\0\0\x20ftypavif" + bytes(60),
        b"MZ" + bytes(300),
        b"\x7fELF" + bytes(300),
    ],
    ids=["svg", "svg with entities", "packed svg", "postscript", "mvg", "psd", "avif", "windows", "linux"],
)
def test_nothing_but_the_four_kinds_is_opened_whatever_it_is_called(app, browser, asker, monkeypatch, data):
    monkeypatch.setattr(actions, "check_apart", check_here)
    for name in ("photo.png", "photo.svg", "photo.png.php", "photo.jpg\0.html"):
        answer = add(browser(asker), data, name)
        assert answer.status_code == 400
    assert not list(files.every_file())


# Names


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd", "..\\\\..\\\\windows\\\\x.png", "/etc/cron.d/x.png", "x" * 5_000 + ".png",
        "C:\\\\x.png", "con.png", "\u202egnp.exe", "a;rm -rf $HOME.png", "%2e%2e%2fx.png", ".htaccess",
    ],
)  # fmt: skip
def test_the_name_that_a_file_brings_along_is_forgotten(app, browser, asker, monkeypatch, name):
    monkeypatch.setattr(actions, "check_apart", check_here)
    before = {path for path in app.config["HOME"].rglob("*") if path.is_file()}
    answer = add(browser(asker), a_picture(), name.replace('"', ""))
    assert answer.status_code == 201
    new = {path for path in app.config["HOME"].rglob("*") if path.is_file()} - before
    kept = [
        path for path in new if path.suffix in (".png", ".exe", ".htaccess") or path.parent == files.folder()
    ]
    assert kept == [files.path_of(answer.json["url"].rpartition("/")[2])]
    assert kept[0].stat().st_mode & 0o111 == 0


# Very many


def test_a_thousand_small_ones_meet_the_limit_and_leave_nothing_behind(app, asker, monkeypatch):
    monkeypatch.setattr(actions, "check_apart", check_here)
    most = actions._most_a_day(asker)
    taken = refused = 0
    for number in range(1_000):
        try:
            upload_image(asker, a_picture(size=(1, 1), colour=(number % 256, number // 256, 0)))
            taken += 1
        except TooMany:
            refused += 1
    assert (taken, refused) == (most, 1_000 - most)
    assert len(list(files.every_file())) == most


# What a picture tells


def test_where_and_with_what_it_was_taken_is_gone_in_every_kind():
    exif = Image.Exif()
    exif[0x010F], exif[0x0131] = "SecretCamera", "SecretSoftware"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 1.0)})
    exif.get_ifd(0x8769)[0x9286] = b"SecretWords"
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SecretPlace</x:xmpmeta>"
    for came in (
        a_picture("JPEG", exif=exif, xmp=xmp, comment=b"SecretComment"),
        a_picture("WEBP", exif=exif, xmp=xmp),
        a_picture("PNG", exif=exif),
    ):
        assert b"Secret" in came
        kept = check(came).data
        assert b"Secret" not in kept
        assert not opened(kept).getexif()
        assert "icc_profile" not in opened(kept).info


# The scanner


def test_a_scanner_that_hangs_is_ended_and_nothing_is_taken(app, asker, monkeypatch):
    monkeypatch.setattr(actions, "check_apart", check_here)
    monkeypatch.setattr(files, "_SCANNER_SECONDS", 0.2)
    files.configure(files.folder(), "sleep 60")
    try:
        with pytest.raises(Refused, match="does not answer"):
            upload_image(asker, a_picture())
        files.configure(files.folder(), "sh -c 'exit 0'")  # It did not even read what came in.
        assert upload_image(asker, a_picture()).width == 40
        files.configure(files.folder(), "sh -c 'kill -9 $$'")
        with pytest.raises(Refused, match="does not answer"):
            upload_image(asker, a_picture(colour=(5, 5, 5)))
    finally:
        files.configure(files.folder())
    with pytest.raises(Invalid):
        upload_image(asker, b"")
