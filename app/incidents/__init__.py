"""Sets of incidents that operators import, for maps and plans beside the referrals."""
