"""What comes in as a picture is decoded, bounded and made anew."""

import io
import struct
import zlib

import pytest
from pictures import a_picture, opened
from PIL import Image

from app.core.errors import Invalid
from app.uploads import images
from app.uploads.apart import check_apart
from app.uploads.images import Unfit, check


@pytest.mark.parametrize(
    ("kind", "extension"), [("PNG", "png"), ("JPEG", "jpg"), ("WEBP", "png"), ("GIF", "png")]
)
def test_the_four_kinds_are_taken(kind, extension):
    image = check(a_picture(kind))
    assert (image.extension, image.width, image.height) == (extension, 40, 20)
    assert opened(image.data).size == (40, 20)


def test_a_picture_taken_sideways_is_upright_and_says_no_more_where_it_was_taken():
    exif = Image.Exif()
    exif[0x0112] = 6  # Turn it right by a quarter.
    exif[0x010E] = "My kitchen table"
    exif.get_ifd(0x8825)[1] = "N"
    came = a_picture("JPEG", exif=exif, comment=b"a secret comment")
    assert b"kitchen" in came
    image = check(came)
    assert (image.width, image.height) == (20, 40)
    assert not opened(image.data).getexif()
    assert b"kitchen" not in image.data
    assert b"secret" not in image.data


def test_texts_and_profiles_of_a_png_are_gone_and_what_is_clear_stays_clear():
    from PIL import ImageCms, PngImagePlugin

    words = PngImagePlugin.PngInfo()
    words.add_itxt("Comment", "a secret comment")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = opened(check(a_picture(colour=(9, 9, 9, 0), pnginfo=words, icc_profile=profile)).data)
    assert image.info == {}
    assert image.getpixel((0, 0))[3] == 0


def test_what_is_hidden_behind_a_picture_or_in_it_does_not_come_along():
    script = b"<script>alert(1)</script>"
    for came in (
        a_picture("GIF") + script,
        a_picture("JPEG", comment=script),
        a_picture("PNG") + b"PK\3\4" + script,
    ):
        assert script not in check(came).data


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7\n",
        b"GIF89a/*<script>*/=1;alert(1)",
        b"II*\0" + bytes(60),
        a_picture("BMP"),
        a_picture("TIFF"),
        a_picture("ICO"),
        bytes(1000),
    ],
    ids=["svg", "html", "pdf", "gif in name only", "tiff head", "bmp", "tiff", "ico", "zeros"],
)
def test_what_is_no_picture_of_those_kinds_is_refused(data):
    with pytest.raises(Unfit) as refused:
        check(data)
    assert refused.value.why in ("kind", "broken")


def test_a_picture_that_breaks_off_is_refused():
    whole = a_picture("PNG", size=(300, 300))
    for kind in ("PNG", "JPEG", "WEBP", "GIF"):
        whole = a_picture(kind, size=(300, 300))
        with pytest.raises(Unfit):
            check(whole[: len(whole) * 2 // 3])


def png_that_claims(width, height):
    """A few bytes that claim to be a huge picture."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(7000, 7000), (60_000, 60_000), (2_000_000_000, 2), (1, 2_000_000_000)])
def test_a_picture_of_more_pixels_than_the_limit_is_refused_before_it_is_unpacked(size):
    with pytest.raises(Unfit) as refused:
        check(png_that_claims(*size))
    assert refused.value.why == "pixels"


def test_a_large_picture_is_made_smaller_and_keeps_its_shape():
    image = check(a_picture("PNG", size=(5200, 100)))
    assert (image.width, image.height) == (2560, 49)
    image = check(a_picture("JPEG", size=(6000, 3000)))
    assert (image.width, image.height) == (2560, 1280)


def test_a_photograph_saved_as_png_is_kept_as_jpeg(monkeypatch):
    monkeypatch.setattr(images, "LARGEST_PNG", 10)
    assert check(a_picture("PNG")).extension == "jpg"
    assert check(a_picture("PNG", colour=(1, 2, 3, 4))).extension == "png"


def moving(count, size=(30, 30)):
    frames = [Image.new("RGB", size, (number * 50 % 256, 0, 0)) for number in range(count)]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=80, optimize=False)
    return file.getvalue()


def test_a_picture_that_moves_still_moves():
    image = check(moving(5))
    assert image.extension == "webp"
    assert opened(image.data).n_frames == 5
    assert check(moving(5), square=16).extension == "png"


def test_a_picture_of_too_many_frames_or_too_much_movement_is_refused(monkeypatch):
    with pytest.raises(Unfit) as refused:
        check(moving(images.MOST_FRAMES + 1, (2, 2)))
    assert refused.value.why == "frames"
    monkeypatch.setattr(images, "MOST_PIXELS_OF_ALL_FRAMES", 1000)
    with pytest.raises(Unfit) as refused:
        check(moving(5))
    assert refused.value.why == "pixels"


def test_the_sign_of_a_person_is_a_square_from_the_middle():
    image = check(a_picture("JPEG", size=(90, 30)), square=64)
    assert (image.width, image.height) == (64, 64)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
def test_every_way_to_write_colours_is_read(mode):
    file = io.BytesIO()
    Image.new(mode, (4, 4)).save(file, "JPEG" if mode == "CMYK" else "PNG")
    assert check(file.getvalue()).width == 4


def test_it_is_checked_in_a_process_of_its_own_that_says_in_words_what_is_wrong():
    picture = a_picture("JPEG")
    assert check_apart(picture, square=8) == check(picture, square=8)
    with pytest.raises(Invalid, match="PNG, JPEG, WebP or GIF"):
        check_apart(b"<svg/>")
    with pytest.raises(Invalid, match="8 MB"):
        check_apart(bytes(images.MOST_BYTES + 1))


def test_a_small_file_that_unfolds_into_endless_work_is_ended(monkeypatch):
    whole = a_picture("JPEG", size=(4000, 4000), progressive=True)
    scan = whole[whole.rfind(b"\xff\xda") : -2]
    monkeypatch.setattr("app.uploads.apart._CPU_SECONDS", 1)
    with pytest.raises(Invalid, match="too much work"):
        check_apart(whole[:-2] + 20_000 * scan + whole[-2:])
