"""SQL lives where one looks for it."""

import ast
import re

from house_source import APP, imported, modules

STATEMENTS = {"select", "insert", "update", "delete", "text", "union", "exists"}
WHERE_SQL_LIVES = re.compile(
    r"^(core/(counters|db|paging|public_version|tallies)\.py"
    r"|search/(catching_up|changes)\.py"
    r"|(\w+/)(\w+_)?queries\.py"
    r"|(\w+/)(counters|search_documents)\.py"
    r"|forum/mentions\.py"
    r"|accounts/(actions|holdings)\.py"  # Ending sessions: many rows at once.
    r"|articles/sync\.py"
    r"|(imports|demo|worker)/\w+\.py|web/cli\.py|\w+/cli\.py)$"  # Work on all rows at once, off the pages.
)


def test_statements_are_written_in_queries():
    for path, tree in modules().items():
        used = {
            name.rpartition(".")[2] for name in imported(tree) if name.startswith("sqlalchemy.")
        } & STATEMENTS
        assert not used or WHERE_SQL_LIVES.match(path), f"{path} uses {sorted(used)}"


def test_nobody_uses_the_old_ways():
    for path in modules():
        source = (APP / path).read_text(encoding="utf-8")
        assert not re.search(
            r"session\.query\(|\.query\.(filter|get|all)|datetime\.utcnow|\.get_or_404\(", source
        ), path


def test_moments_come_from_one_clock_in_utc():
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and path != "core/db.py":
                name = f"{getattr(node.func.value, 'id', '')}.{node.func.attr}"
                assert name not in ("datetime.now", "datetime.today"), (
                    f"{path}:{node.lineno}: app.core.db.now()"
                )


def test_no_statement_is_glued_together_from_strings():
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "text":
                assert not node.args or not isinstance(node.args[0], ast.JoinedStr), f"{path}:{node.lineno}"
