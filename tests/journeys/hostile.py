"""Texts made to be obeyed, a site that has them in every field, and what a browser notices of them."""

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import JSON, String, Text, select, update

from app.accounts.models import User, name_key
from app.articles.models import Article
from app.core.db import Base, db
from app.core.markup import render_guide, render_post
from app.forum.models import Answer, Comment, Question
from app.site.models import STAMP, SiteSetting

CALL = "canary(1)"
OPENINGS = (
    "",
    "'>",
    '">',
    "</title>",
    "</textarea>",
    "</script>",
    "-->",
    "]]>",
    "</p>",
    "</svg>",
    "`}",
    "\\",
)
DEEDS = (
    f"<script>{CALL}</script>",
    f"<img src=x onerror={CALL}>",
    f"<svg onload={CALL}></svg>",
    f"<svg><animate onbegin={CALL} attributeName=x dur=1s></svg>",
    f"<details open ontoggle={CALL}>x</details>",
    f"<iframe srcdoc='<script>parent.{CALL}</script>'></iframe>",
    f"<iframe src='javascript:parent.{CALL}'></iframe>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={CALL}&gt;'>",
    f"<noscript><p title='</noscript><img src=x onerror={CALL}>'></noscript>",
    f"<input autofocus onfocus={CALL}>",
    f"<video><source onerror={CALL}></video>",
    "<base href=https://elsewhere.test/>",
    "<meta http-equiv=refresh content='0;url=https://elsewhere.test'>",
    "<form action=https://elsewhere.test><button>x</button></form>",
    "<style>*{display:none}</style>",
)
MARKDOWN = (
    f"[x](javascript:{CALL})",
    f"![x](javascript:{CALL})",
    f"[x](https://e.org '\" onmouseover=\"{CALL}')",
    f"<javascript:{CALL}>",
    f'{{: onclick="{CALL}" }}',
    f'```js" onclick="{CALL}\nx\n```',
    f'@asker" onmouseover="{CALL} x',
    f"https://e.org/\"onclick='{CALL}'",
    f'![" onerror={CALL} x="](/uploads/x.png"onerror={CALL})',
    "{{ 7*7 }}${7*7}<%= 7*7 %>",
    "\u202e\u2066\ufeff\u200d",
)


def attacks() -> Iterator[str]:
    """Deeds behind openings, each with several others, in plain letters and in others that end up the same."""
    for number, (opening, deed) in enumerate(product(OPENINGS, DEEDS)):
        if opening in OPENINGS[:3] or number % 4 == 0:
            yield opening + deed
    for deed in DEEDS:
        yield deed.replace("<", "<\n", 1)
        yield deed.upper().replace("CANARY", "canary")
        yield deed.replace("<", "&lt;").replace(">", "&gt;")
    yield from MARKDOWN


ALL = list(attacks())
NAME = f"'\"><img src=x onerror={CALL}><svg onload={CALL}>"
"""No address takes a name with a slash."""

TEXT = " ".join(ALL)
LONG = "\n\n".join(ALL)

TECHNICAL = {
    "key", "kind", "slug", "path", "type", "audience", "outcome", "deed", "state", "event", "mail", "step", "claim",
    "purpose", "choice", "topic", "place", "page", "role", "target", "cause", "normal", "shown", "time_zone", "language",
    "avatar_name", "name_hash", "sealed_secret", "visitor_key", "origin", "held_why", "issuer", "subject", "headings",
    "reason", "url", "username", "body_html", "payload",
}  # fmt: skip
"""Columns that hold what the house itself writes, or that are filled in their own way below."""

TABLES_OF_THE_HOUSE = {
    "attempts",
    "former_names",
    "search_changes",
    "site_settings",
    "upload_uses",
    "uploads",
}


def fields() -> Iterator[tuple[Any, Any]]:
    """Every table and column in which words of people may stand."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns if table.name not in TABLES_OF_THE_HOUSE else ():
            is_technical = (
                column.name in TECHNICAL or column.name.endswith(("_key", "_hash")) or column.unique
            )
            if isinstance(column.type, (String, Text, JSON)) and not is_technical and not column.primary_key:
                yield table, column


def fill_every_field() -> int:
    """Have every field of every row say all of it. Returns how many columns there are."""
    number = 0
    for table, column in fields():
        number += 1
        rows = db.session.execute(select(table.c.id, column)).all() if "id" in table.c else []
        for row_id, value in rows:
            db.session.execute(
                update(table).where(table.c.id == row_id).values({column.name: _hostile(value)})
            )
    post, guide = render_post(LONG), render_guide(LONG)
    for model, made in ((Question, post), (Answer, post), (Comment, post), (Article, guide)):
        db.session.execute(update(model).values(body_html=made.html))
    headings = [{"level": one.level, "id": one.id, "title": TEXT} for one in guide.headings[:3]]
    db.session.execute(update(Article).values(headings=headings))
    for person in db.session.scalars(select(User)):
        person.username = f"{person.username}{NAME}"
        person.username_key = name_key(person.username)
    db.session.add(SiteSetting(key="site_name", value=json.dumps(TEXT)))
    db.session.add(SiteSetting(key=STAMP, value="1"))
    db.session.commit()
    return number


def _hostile(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: TEXT if isinstance(one, str) else one for name, one in value.items()}
    return [TEXT] if isinstance(value, list) else LONG


HOOKS = """
window.executed = [];
window.canary = (what) => window.executed.push(String(what) + " " + document.URL);
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => window.canary(name);
"""
WALK = """
() => {
  const bad = [];
  const forbidden = "iframe object embed applet base frame frameset math portal marquee style template noscript".split(" ");
  const walk = (root) => {
    for (const one of root.querySelectorAll("*")) {
      const name = one.localName;
      if (forbidden.includes(name)) bad.push(name);
      if (name === "meta" && one.httpEquiv) bad.push("meta " + one.httpEquiv);
      if (name === "script" && one.type !== "application/ld+json" && !(one.getAttribute("src") || "").startsWith("/static/")) bad.push("script");
      if (name === "form" && new URL(one.getAttribute("action") || "", document.URL).host !== location.host) bad.push("form");
      for (const {name: attribute, value} of one.attributes) {
        if (attribute.startsWith("on") || attribute === "srcdoc" || attribute === "style") bad.push(name + " " + attribute);
        if (["href", "src", "action", "formaction", "xlink:href", "poster", "data", "ping", "srcset"].includes(attribute)) {
          let scheme = "";
          try { scheme = new URL(value, document.URL).protocol; } catch { continue; }
          const isPicture = scheme === "data:" && (name === "img" || name === "link");
          if (!["http:", "https:", "mailto:"].includes(scheme) && !isPicture) bad.push(`${name} ${attribute}=${scheme}`);
        }
      }
    }
  };
  walk(document);
  for (const one of document.querySelectorAll("script[type='application/ld+json']")) JSON.parse(one.textContent);
  return bad;
}
"""
FEED = """
(text) => {
  const feed = new DOMParser().parseFromString(text, "application/xml");
  if (feed.querySelector("parsererror")) return ["not well formed"];
  const html = [...feed.querySelectorAll("[type=html]")].map((one) => one.textContent);
  return html.filter((one) => [...new DOMParser().parseFromString(one, "text/html").querySelectorAll("*")].some(
    (each) => [...each.attributes].some((a) => a.name.startsWith("on")) || ["script", "iframe", "style", "base"].includes(each.localName)
  )).map((one) => one.slice(0, 80));
}
"""


def noticed(page: Page) -> list[str]:
    """What ran on a page, and what stands in it that might."""
    return [*page.evaluate("window.executed || []"), *page.evaluate(WALK)]


def as_posts(texts: list[str]) -> str:
    """A page of posts."""
    return _page(render_post(text).html for text in texts)


def as_guides(texts: list[str]) -> str:
    """A page of guides."""
    return _page(render_guide(text).html for text in texts)


def _page(parts: Any) -> str:
    return "<!doctype html><title>x</title>" + "".join(f"<section>{part}</section>" for part in parts)
