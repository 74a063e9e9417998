"""What comes in as a picture, and what is kept of it: decoded, turned upright, bounded, and written anew.

Nothing of the file that came in is kept but its pixels: no EXIF, no comments, no colour profile, nothing behind the
end of the picture. This file knows nothing of the rest of the house, because it also runs as a program of its own:
a picture may be made to cost more time or memory than it is worth, and a process can be ended. See `apart.py`.
"""

import io
import json
import math
import sys
import warnings
from dataclasses import asdict, dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

MOST_BYTES = 8 * 1024 * 1024
MOST_PIXELS = 40_000_000
"""Of one picture as it comes in; a telephone's 8,000 × 5,000 fits."""

MOST_FRAMES = 200
MOST_PIXELS_OF_ALL_FRAMES = 60_000_000
LONGEST_SIDE = 2560
"""Larger pictures are made smaller: no page shows more."""

LARGEST_PNG = 2_500_000
"""An opaque picture that is larger than this as PNG is a photograph, and kept as JPEG."""

FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
MEMORY = 1024 * 1024 * 1024


class Unfit(Exception):
    """This cannot be kept as a picture. `why` is one of: empty, bytes, kind, broken, pixels, frames."""

    def __init__(self, why: str, found: int = 0) -> None:
        super().__init__(why)
        self.why, self.found = why, found


@dataclass(frozen=True)
class CheckedImage:
    """A picture that was made anew from the pixels of what came in.

    Attributes:
        data: the file.
        extension: png, jpg or webp.
        width: in pixels.
        height: in pixels.
    """

    data: bytes
    extension: str
    width: int
    height: int


def check(data: bytes, *, square: int | None = None) -> CheckedImage:
    """The picture in `data`, made anew and upright, at most `LONGEST_SIDE` wide and high.

    PNG, JPEG, WebP and GIF are taken. JPEG stays JPEG, a picture that moves becomes a WebP that moves, everything else
    a PNG, or a JPEG where it is a large photograph.

    Args:
        data: what came in.
        square: cut the middle out and scale it to so many pixels on each side, without movement.

    Raises:
        Unfit: it is no picture, a broken one, or larger than the limits above.
    """
    if not data:
        raise Unfit("empty")
    if len(data) > MOST_BYTES:
        raise Unfit("bytes", len(data))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Of pictures with many pixels: they are counted below.
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                return _made_anew(image, square)
    except Unfit:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise Unfit("kind" if isinstance(error, UnidentifiedImageError) else "pixels") from error
    except (
        Exception
    ) as error:  # Decoders meet broken files in many ways: struct.error, SyntaxError, OSError …
        raise Unfit("broken") from error


def _made_anew(image: Image.Image, square: int | None) -> CheckedImage:
    pixels = image.width * image.height
    if pixels > MOST_PIXELS:
        raise Unfit("pixels", pixels)
    if image.format in ("GIF", "WEBP", "PNG") and getattr(image, "n_frames", 1) > 1 and square is None:
        return _moving(image)
    was_jpeg = image.format in ("JPEG", "MPO")
    if was_jpeg and max(image.size) > 2 * LONGEST_SIDE:
        image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # Decodes at a half or a quarter of the size.
    image.load()
    still = _plain(ImageOps.exif_transpose(image))
    if square is not None:
        still = ImageOps.fit(still, (square, square), Image.Resampling.LANCZOS)
    else:
        still.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    if was_jpeg:
        return _kept(still, "jpg")
    png = _kept(still, "png")
    return _kept(still, "jpg") if len(png.data) > LARGEST_PNG and still.mode in ("L", "RGB") else png


def _plain(image: Image.Image) -> Image.Image:
    """Only pixels, in one of four plain ways to write them."""
    if image.mode.startswith("I;16"):
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    has_holes = image.has_transparency_data
    grey = image.mode in ("1", "L", "LA")
    plain = image.convert(("LA" if has_holes else "L") if grey else ("RGBA" if has_holes else "RGB"))
    plain.info.clear()
    return plain


def _kept(image: Image.Image, extension: str) -> CheckedImage:
    file = io.BytesIO()
    if extension == "jpg":
        image.save(file, "JPEG", quality=86, optimize=True, progressive=True)
    else:
        image.save(file, "PNG")
    return CheckedImage(file.getvalue(), extension, image.width, image.height)


def _moving(image: Image.Image) -> CheckedImage:
    count = getattr(image, "n_frames", 1)
    pixels = image.width * image.height * count
    if count > MOST_FRAMES:
        raise Unfit("frames", count)
    if pixels > MOST_PIXELS_OF_ALL_FRAMES:
        raise Unfit("pixels", pixels)
    scale = min(1.0, math.sqrt(MOST_PIXELS_OF_ALL_FRAMES / 4 / pixels))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    frames, durations = [], []
    for number in range(count):
        image.seek(number)
        frames.append(_plain(image.copy()).convert("RGBA").resize(size))
        durations.append(min(max(int(image.info.get("duration") or 100), 20), 10_000))
    file = io.BytesIO()
    frames[0].save(
        file,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        quality=75,
        method=2,
    )
    return CheckedImage(file.getvalue(), "webp", *size)


def _limit_this_process(seconds: int) -> None:
    try:
        import resource
    except ImportError:  # Not on Windows; the clock of the parent still ends it.
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> None:
    """Check what comes in on standard input: one line of JSON, then the data. Answers in the same way."""
    task = json.loads(sys.stdin.buffer.readline())
    _limit_this_process(task["seconds"])
    answer: dict[str, object]
    try:
        checked = check(sys.stdin.buffer.read(), square=task["square"])
    except Unfit as unfit:
        answer, data = {"why": unfit.why, "found": unfit.found}, b""
    except MemoryError:
        answer, data = {"why": "pixels", "found": 0}, b""
    else:
        answer = asdict(checked)
        data = answer.pop("data")  # type: ignore[assignment]
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + data)


if __name__ == "__main__":
    main()
