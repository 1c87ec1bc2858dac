"""Identity-based policies, permissions boundary and session policy evaluated together. Pure.

An access is allowed if the identity's policies allow it and, where present, the boundary and the session
policy allow it as well; an explicit deny in any of them overrides everything. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
"""

from dataclasses import dataclass

from workshop.cloud.offline.permissions.policy_evaluation import Access, PolicySet, PolicyVerdict

__all__ = ["NO_RIGHTS", "Rights"]


@dataclass(frozen=True)
class Rights:
    """What a caller may do; without a `boundary` or `session` policy (None) nothing is limited by it."""

    identity: PolicySet
    boundary: PolicySet | None = None
    session: PolicySet | None = None

    def refusal(self, access: Access) -> str | None:
        """Return why the access is refused, in AWS's words, or None if it is allowed."""
        if (
            self.boundary is None
            and self.session is None
            and self.identity.decide(access) is PolicyVerdict.ALLOWED
        ):
            return None
        layers = [
            (policies, name, article)
            for policies, name, article in (
                (self.identity, "identity-based policy", "an"),
                (self.boundary, "permissions boundary", "a"),
                (self.session, "session policy", "a"),
            )
            if policies is not None
        ]
        verdicts = [(policies.decide(access), name, article) for policies, name, article in layers]
        for verdict, name, article in verdicts:
            if verdict is PolicyVerdict.DENIED:
                return f"with an explicit deny in {article} {name}"
        for verdict, name, _ in verdicts:
            if verdict is PolicyVerdict.SILENT:
                return f"because no {name} allows the {access.action} action"
        return None

    def allow(self, access: Access) -> bool:
        """Return whether the access is allowed."""
        return self.refusal(access) is None


NO_RIGHTS = Rights(PolicySet(()))
