"""Criteria as dated data, and the engine that says what they mean for one referral.

No limit and no rule stands in code: `data/criteria/*.yaml` holds them, with their source and the
gaps still open. The engine knows four tests, four ways to fail and how to take the worst answer.
"""
