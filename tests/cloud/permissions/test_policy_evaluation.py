"""What policies say, for any policy: patterns, denials, boundaries, session policies."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workshop.cloud.offline.permissions.policy_evaluation import (
    Access,
    PolicySet,
    PolicyVerdict,
    parse_statements,
)
from workshop.cloud.offline.permissions.rights import NO_RIGHTS, Rights
from workshop.cloud.offline.permissions.wildcards import Pattern

LETTERS = "ab:/.$[("
texts = st.text(LETTERS, max_size=8)
patterns = st.text(LETTERS + "*?", max_size=8)
actions = st.sampled_from(["s:Get", "s:Put", "t:Get"])
resources = st.sampled_from(["arn:aws:s:r:1:x/a", "arn:aws:s:r:1:x/b", "arn:aws:t:r:1:x/a", "*"])
statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from(["*", "s:*", "S:get", "t:Ge?", ["s:Put", "t:Get"]]),
        "Resource": st.sampled_from(["*", "arn:aws:s:*:*:x/*", "arn:aws:s:r:1:x/a", "arn:aws:?:r:1:*"]),
    }
)
policies = st.lists(statements, max_size=4)
accesses = st.builds(Access, actions, resources)


def policy_set(listed: list[dict[str, Any]]) -> PolicySet:
    return PolicySet(parse_statements({"Version": "2012-10-17", "Statement": listed}))


def reference(pattern: str, text: str) -> bool:
    """Return whether a pattern matches, decided letter by letter."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return reference(pattern[1:], text) or bool(text and reference(pattern, text[1:]))
    return bool(text) and pattern[0] in ("?", text[0]) and reference(pattern[1:], text[1:])


@given(patterns, texts)
def test_patterns_match_letter_by_letter(pattern: str, text: str) -> None:
    """`*` stands for any letters, `?` for one, everything else for itself."""
    assert Pattern(pattern).matches(text) == reference(pattern, text)


@given(st.lists(patterns, min_size=6, max_size=6), st.lists(texts, min_size=6, max_size=6))
def test_the_parts_of_an_arn_are_matched_one_by_one(pattern_parts: list[str], parts: list[str]) -> None:
    """In an ARN a wildcard of one part does not reach into the next."""
    pattern_parts = [part.replace(":", "") for part in pattern_parts]
    parts = [part.replace(":", "") for part in parts]

    matches = Pattern(":".join(pattern_parts), is_arn=True).matches(":".join(parts))

    assert matches == all(map(reference, pattern_parts, parts))


@given(texts)
def test_a_text_is_a_pattern_of_itself(text: str) -> None:
    """Whatever letters a text has, it matches itself, and not itself with something behind."""
    assert Pattern(text).matches(text)
    assert not Pattern(text).matches(text + "z")


@given(policies, accesses)
def test_one_denial_outweighs_all(listed: list[dict[str, Any]], access: Access) -> None:
    """An access is allowed if a statement allows it and none denies it, in any order of the statements."""
    applying = {
        one["Effect"] for one in listed if policy_set([one]).decide(access) is not PolicyVerdict.SILENT
    }
    expected = (
        PolicyVerdict.DENIED
        if "Deny" in applying
        else PolicyVerdict.ALLOWED
        if applying
        else PolicyVerdict.SILENT
    )

    assert policy_set(listed).decide(access) is expected
    assert policy_set(listed[::-1]).decide(access) is expected


@given(policies, accesses)
def test_decisions_are_remembered_as_they_were(listed: list[dict[str, Any]], access: Access) -> None:
    """Asking again gives the same answer, also after other questions."""
    asked = policy_set(listed)
    first = asked.decide(access)
    asked.decide(Access("s:Get", "*"))

    assert asked.decide(access) is first


@given(policies, policies, policies, accesses)
def test_every_layer_must_allow(
    identity: list[dict[str, Any]],
    boundary: list[dict[str, Any]],
    session: list[dict[str, Any]],
    access: Access,
) -> None:
    """Identity, boundary and session policy must all allow; none of them adds to another."""
    layers = [policy_set(identity), policy_set(boundary), policy_set(session)]

    allowed = all(layer.decide(access) is PolicyVerdict.ALLOWED for layer in layers)

    assert Rights(*layers).allow(access) == allowed
    assert Rights(layers[0]).allow(access) == (layers[0].decide(access) is PolicyVerdict.ALLOWED)


@given(statements, accesses)
def test_the_opposite_of_an_element_covers_the_rest(statement: dict[str, Any], access: Access) -> None:
    """`NotAction` and `NotResource` cover exactly what `Action` and `Resource` do not."""
    for name in ("Action", "Resource"):
        opposite = {f"Not{key}" if key == name else key: value for key, value in statement.items()}
        only = {**statement, "Resource" if name == "Action" else "Action": "*"}
        other = {**opposite, "Resource" if name == "Action" else "Action": "*"}

        assert (policy_set([only]).decide(access) is PolicyVerdict.SILENT) != (
            policy_set([other]).decide(access) is PolicyVerdict.SILENT
        )


@given(accesses)
def test_without_policies_nothing_is_allowed(access: Access) -> None:
    """Who has no policy may do nothing, and the refusal says so as AWS does."""
    assert NO_RIGHTS.refusal(access) == f"because no identity-based policy allows the {access.action} action"


def test_what_is_no_policy_says_nothing() -> None:
    """A document that cannot be read allows nothing."""
    for broken in ("{", "[]", '"x"', 7, {"Statement": []}, {}):
        assert parse_statements(broken) == ()
