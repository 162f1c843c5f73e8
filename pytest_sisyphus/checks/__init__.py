"""Judgement: pure functions of what came and what was expected."""
