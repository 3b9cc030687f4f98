"""Sets of users as a request writes them: ``news | sport``, ``(vip & news) - opted-out``.

=====================  ==============================================================
``a | b``, ``a || b``  union
``a & b``, ``a && b``  intersection
``a - b``              difference; a space on either side, since names may have hyphens
``a'``, ``!a``         complement: the app's registered users that are not in it
=====================  ==============================================================

A complement binds strongest, then ``&``; ``|`` and ``-`` are worked off from left to right.
The signs are those of facts/imiconnect.md, section 18.5, which writes topics and segments
differently; here either way works for both. The result is a nested list, JSON as it is:
``["name", "news"]``, ``["|", a, b]``, ``["&", a, b]``, ``["-", a, b]`` or ``["!", a]``.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

Plan = list[Any]

MAX_EXPRESSION = 1000
MAX_NAMES = 20
#: A plan is worked off by recursion, whose depth these limits bound together.
MAX_COMPLEMENTS = 40
MAX_NAME = 100
_NAME = re.compile(r"[^\W_][\w.:@-]*")
_TOKEN = re.compile(rf"\s*({_NAME.pattern}|\|\|?|&&?|-|'|!|\(|\))")
_SIGNS = {"||": "|", "&&": "&"}
_COMPLEMENTS = frozenset("!'")


class WrongExpression(ValueError):
    """An expression that cannot be read; says why in a sentence."""


def name_problem(name: str) -> str | None:
    """Return why a topic or segment cannot have a name, as a part of a sentence, or None."""
    if not name:
        return "is empty"
    if len(name) > MAX_NAME:
        return f"is longer than {MAX_NAME} characters"
    if not _NAME.fullmatch(name) or name[-1] == "-":
        return "may have letters, digits and . _ : @ - only and begins with a letter or digit"
    return None


def parse(text: str) -> Plan:
    """Return the plan of an expression; raises ``WrongExpression``."""
    if len(text) > MAX_EXPRESSION:
        raise WrongExpression(f"The expression is longer than {MAX_EXPRESSION} characters.")
    tokens = list(_tokens(text))
    if sum(token in _COMPLEMENTS for token in tokens) > MAX_COMPLEMENTS:
        raise WrongExpression(
            f"The expression is nested too deeply: over {MAX_COMPLEMENTS} complements."
        )
    if sum(bool(_NAME.fullmatch(token)) for token in tokens) > MAX_NAMES:
        raise WrongExpression(f"The expression has over {MAX_NAMES} names.")
    return _Reader(tokens).read()


def names_of(plan: Plan) -> Iterator[str]:
    """Yield the names in a plan."""
    if plan[0] == "name":
        yield plan[1]
        return
    for part in plan[1:]:
        yield from names_of(part)


def replaced(plan: Plan, leaf: Callable[[str], Plan]) -> Plan:
    """Return the plan with each name replaced by what ``leaf`` makes of it."""
    if plan[0] == "name":
        return leaf(plan[1])
    return [plan[0], *(replaced(part, leaf) for part in plan[1:])]


class _Reader:
    """Reads one expression by recursive descent."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def read(self) -> Plan:
        if not self._tokens:
            raise WrongExpression("The expression is empty.")
        plan = self._sum(0)
        if self._at < len(self._tokens):
            raise WrongExpression(f"A sign is missing before “{self._tokens[self._at]}”.")
        return plan

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _sum(self, depth: int) -> Plan:
        plan = self._product(depth)
        while (sign := self._next()) in ("|", "-"):
            self._at += 1
            plan = [sign, plan, self._product(depth)]
        return plan

    def _product(self, depth: int) -> Plan:
        plan = self._operand(depth)
        while self._next() == "&":
            self._at += 1
            plan = ["&", plan, self._operand(depth)]
        return plan

    def _operand(self, depth: int) -> Plan:
        if depth > MAX_NAMES:
            raise WrongExpression("The expression is nested too deeply.")
        sign = self._next()
        self._at += 1
        if sign == "!":
            return ["!", self._operand(depth + 1)]
        if sign == "(":
            plan = self._sum(depth + 1)
            if self._next() != ")":
                raise WrongExpression("A closing bracket is missing.")
            self._at += 1
        elif _NAME.fullmatch(sign):
            plan = ["name", sign]
        else:
            raise WrongExpression(
                f"A name is missing before “{sign}”." if sign else "A name is missing."
            )
        while self._next() == "'":
            self._at += 1
            plan = ["!", plan]
        return plan


def _tokens(text: str) -> Iterator[str]:
    position = 0
    text = text.rstrip()
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise WrongExpression(
                f"“{text[position:].strip()[:1]}” cannot be in an expression."
            )
        yield _SIGNS.get(found[1], found[1])
        position = found.end()
