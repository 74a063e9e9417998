"""What a link from one file to another becomes on the site."""

from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from app.articles.files import is_slug
from app.core import addresses
from app.core.text import slugify

MEDIA = "/articles/media/"
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})


def for_site(address: str, path: str) -> str | None:
    """What an address in the file at `path` is on the site; None to leave it as it is.

    `../thermostat/reset.md#battery` becomes `/articles/reset#battery`, and `images/front.png` in the folder
    `hearth` becomes `/articles/media/hearth/images/front.png`.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith(("/", "\\")):
        return None
    target = _below(PurePosixPath(path).parent, unquote(parts.path))
    if target is None:
        return None
    suffix = target.suffix.lower()
    if suffix in PICTURES:
        return MEDIA + quote(target.as_posix())
    if suffix == ".md" or not suffix:
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        slug = target.stem if is_slug(target.stem) else slugify(target.stem)
        return addresses.article(slug) + anchor
    return None


def _below(folder: PurePosixPath, relative: str) -> PurePosixPath | None:
    """The place that a relative path leads to; None if that is above the folder of all guides."""
    steps: list[str] = list(folder.parts)
    for step in relative.replace("\\", "/").split("/"):
        if step in ("", "."):
            continue
        if step == "..":
            if not steps:
                return None
            steps.pop()
        else:
            steps.append(step)
    return PurePosixPath(*steps) if steps else None
