"""No address is read without a word on whom it is for."""

from tests.house.for_whom import FOR_WHOM


def test_every_address_says_for_whom_it_is(app):
    read = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in rule.methods}
    assert read - set(FOR_WHOM) == set(), "say in tests/house/for_whom.py for whom these are"
    assert set(FOR_WHOM) - read == set(), "these are gone; take them out of tests/house/for_whom.py"
