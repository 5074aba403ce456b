"""Coverage: who pays for members, by organisation, role and member, in plain words."""
