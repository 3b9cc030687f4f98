"""Wizards: one address for each step, answers in the session, one service call at the end.

A wizard is a subclass of ``Wizard`` with a tuple of ``Step``. Its two addresses are
``<prefix>/`` (start) and ``<prefix>/<slug:step>/``, both the same view. ``review`` and
``done`` are steps that every wizard has. Nothing is written before ``finish``.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import View

from imiconnect import vault
from imiconnect.console import once
from imiconnect.console.forms import ConsoleForm, PageMixin
from imiconnect.console.summary import SummaryRow, form_rows
from imiconnect.console.uploads import with_uploads
from imiconnect.console.words import Words

SESSION_KEY = "wizards"
REVIEW, DONE = "review", "done"
#: The field with which the review says which answers it has shown.
SEEN = "seen"


class Answers(Mapping[str, dict[str, Any]]):
    """The cleaned answers by step; a step whose form is not valid (any more) is absent."""

    def __init__(self, wizard: "Wizard", data: Mapping[str, str]) -> None:
        self._cleaned: dict[str, dict[str, Any]] = {}
        self.forms: dict[str, Form] = {}
        for step in wizard.steps:
            if step.slug not in data or not step.is_applicable(self):
                continue
            form = step.bind(wizard.request, self, _read(data[step.slug]))
            if form.is_valid():
                self._cleaned[step.slug] = form.cleaned_data
                self.forms[step.slug] = form

    def __getitem__(self, slug: str) -> dict[str, Any]:
        return self._cleaned[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cleaned)

    def __len__(self) -> int:
        return len(self._cleaned)

    def value(self, slug: str, name: str, default: Any = None) -> Any:
        """Return one answer, or the default where the step is not answered."""
        return self._cleaned.get(slug, {}).get(name, default)


@dataclass(frozen=True)
class Step:
    """One decision on a page of its own.

    ``applies`` leaves the step out for some answers; ``kwargs`` gives the form what it
    needs beyond the data. Both see only the answers of the steps before.
    """

    slug: str
    label: Words
    form_class: type[Form] = ConsoleForm
    template_name: str = "console/wizard/step.html"
    heading: Words = ""
    intro: Words = ""
    button: Words = _("NEXT")
    applies: Callable[[Answers], bool] | None = None
    kwargs: Callable[[HttpRequest, Answers], dict[str, Any]] | None = None
    context: Callable[[HttpRequest, Answers], dict[str, Any]] | None = None

    def is_applicable(self, answers: Answers) -> bool:
        """Tell whether these answers make the step part of the wizard."""
        return self.applies is None or self.applies(answers)

    def is_completed(self, answers: Answers) -> bool:
        """Tell whether the step's answers are there and valid."""
        return self.slug in answers

    def bind(self, request: HttpRequest, answers: Answers, data: QueryDict | None) -> Form:
        """Return the step's form with what was typed, or an empty one for None."""
        extra = self.kwargs(request, answers) if self.kwargs else {}
        return self.form_class(data, **extra)

    def summary(self, answers: Answers) -> list[SummaryRow]:
        """Return what the review shows of this step."""
        return form_rows(answers.forms[self.slug])


@dataclass(frozen=True)
class Outcome:
    """What ``finish`` made: where to look at it, its reference, and what the page says.

    ``first_url`` is opened before the done page, such as a secret that is shown once.
    """

    url: str
    reference: str = ""
    first_url: str = ""
    words: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StepMark:
    """A step as the step list draws it; only completed ones before the current have a link."""

    label: Words
    number: int
    state: str
    url: str = ""


class Wizard(PageMixin, View):
    """The view of all steps; a subclass names the steps and calls one service in ``finish``."""

    name: ClassVar[str]
    url_name: ClassVar[str]
    steps: ClassVar[tuple[Step, ...]]
    review_title: Words = _("Check your answers")
    review_intro: Words = ""
    confirm_label: Words = _("CONFIRM")
    done_title: Words = _("Done")
    already_title: Words = _("This was already done")
    already_text: Words = _("Going back does not do it a second time.")
    review_template = "console/wizard/review.html"
    done_template = "console/wizard/done.html"
    already_template = "console/wizard/already.html"

    def finish(self, answers: Answers) -> Outcome:
        """Call the one service; a ``ValidationError`` is shown on the review page."""
        raise AttributeError(f"{type(self).__name__} needs finish")

    def review_context(self, answers: Answers) -> dict[str, Any]:
        """Return what the review shows beside the answers: cost, time left."""
        return {}

    def done_context(self, run: dict[str, Any]) -> dict[str, Any]:
        """Return what the done page shows beside the outcome; asked for each look at it.

        ``run["outcome"]`` is what ``finish`` returned, as a dict.
        """
        return {}

    # The run in the session -------------------------------------------------------

    def _run(self) -> dict[str, Any]:
        runs = self.request.session.get(SESSION_KEY, {})
        run: dict[str, Any] = runs.get(self.name) or {}
        return run or {"id": str(uuid.uuid4()), "data": {}, "outcome": None}

    def _keep(self, run: dict[str, Any]) -> None:
        runs = self.request.session.get(SESSION_KEY, {})
        self.request.session[SESSION_KEY] = {**runs, self.name: run}

    def _forget(self) -> None:
        runs = dict(self.request.session.get(SESSION_KEY, {}))
        runs.pop(self.name, None)
        self.request.session[SESSION_KEY] = runs

    # Requests ---------------------------------------------------------------------

    def get(self, request: HttpRequest, step: str = "", **kwargs: Any) -> HttpResponse:
        """Show a step, or go to the first one that is not answered."""
        run = self._run()
        if run["outcome"]:
            return self._after(run, step)
        answers = Answers(self, run["data"])
        allowed = self._reachable(answers)
        if step not in allowed:
            self._keep(run)
            return self._go(self._first_open(answers))
        if step == REVIEW:
            return self._review(answers)
        current = self._step(step)
        stored = run["data"].get(step)
        form = current.bind(request, answers, None if stored is None else _read(stored))
        return self._show(current, form, answers)

    def post(self, request: HttpRequest, step: str = "", **kwargs: Any) -> HttpResponse:
        """Keep a step's answers and go on; at the review, do it once."""
        run = self._run()
        if request.POST.get("act") == "discard":
            self._forget()
            return HttpResponseRedirect(self._url(""))
        if run["outcome"]:
            # A step of another tab was not done by what this one has finished.
            return self._go(DONE if step in ("", REVIEW) else step)
        answers = Answers(self, run["data"])
        if step not in self._reachable(answers):
            return self._go(self._first_open(answers))
        if step == REVIEW:
            seen = request.POST.get(SEEN, "")
            if seen and not constant_time_compare(seen, _mark_of(run)):
                return self._review(answers, _changed_elsewhere())
            return self._confirm(run, answers)
        current = self._step(step)
        sent = with_uploads(request)
        form = current.bind(request, answers, sent)
        if not form.is_valid():
            return self._show(current, form, answers, status=422)
        run["data"][step] = _typed(sent)
        self._keep(run)
        return self._onward(step, Answers(self, run["data"]))

    # Pieces -----------------------------------------------------------------------

    def _step(self, slug: str) -> Step:
        return next(step for step in self.steps if step.slug == slug)

    def _applicable(self, answers: Answers) -> list[Step]:
        return [step for step in self.steps if step.is_applicable(answers)]

    def _first_open(self, answers: Answers) -> str:
        steps = self._applicable(answers)
        return next((step.slug for step in steps if not step.is_completed(answers)), REVIEW)

    def _reachable(self, answers: Answers) -> list[str]:
        reachable = []
        for step in self._applicable(answers):
            reachable.append(step.slug)
            if not step.is_completed(answers):
                return reachable
        return [*reachable, REVIEW]

    def _onward(self, slug: str, answers: Answers) -> HttpResponse:
        if self.request.GET.get("change"):
            return self._go(self._first_open(answers), change=True)
        following = [*(step.slug for step in self._applicable(answers)), REVIEW]
        following = following[following.index(slug) + 1 :]
        return self._go(
            following[0]
            if following[0] in self._reachable(answers)
            else self._first_open(answers)
        )

    def _url(self, slug: str) -> str:
        kwargs = {key: value for key, value in self.kwargs.items() if key != "step"}
        return reverse(self.url_name, kwargs={**kwargs, "step": slug} if slug else kwargs)

    def _go(self, slug: str, *, change: bool = False) -> HttpResponse:
        mark = "?change=1" if change and slug not in (REVIEW, DONE) else ""
        return HttpResponseRedirect(self._url(slug) + mark)

    def _marks(self, current: str, answers: Answers) -> list[StepMark]:
        steps = self._applicable(answers)
        slugs = [*(step.slug for step in steps), REVIEW]
        labels = [*(step.label for step in steps), _("Review")]
        here = slugs.index(current)
        marks = []
        for number, (slug, label) in enumerate(zip(slugs, labels, strict=True), start=1):
            state = (
                "current" if number - 1 == here else "done" if number - 1 < here else "later"
            )
            marks.append(
                StepMark(label, number, state, self._url(slug) if state == "done" else "")
            )
        return marks

    def _context(self, current: str, answers: Answers) -> dict[str, Any]:
        marks = self._marks(current, answers)
        number = next(mark.number for mark in marks if mark.state == "current")
        page = {"section": self.section, "title": self.title, "wizard": self}
        back = marks[number - 2].url if number > 1 else ""
        if self.request.GET.get("change"):
            back = self._url(REVIEW)
        return {
            **page,
            "marks": marks,
            "number": number,
            "count": len(marks),
            "back_step": back,
        }

    def _show(
        self, step: Step, form: Form, answers: Answers, status: int = 200
    ) -> HttpResponse:
        context = self._context(step.slug, answers) | {
            "step": step,
            "form": form,
            "answers": answers,
        }
        if step.context:
            context |= step.context(self.request, answers)
        return render(self.request, step.template_name, context, status=status)

    def _review(self, answers: Answers, problem: ValidationError | None = None) -> HttpResponse:
        groups = [
            {
                "step": step,
                "rows": step.summary(answers),
                "url": f"{self._url(step.slug)}?change=1",
            }
            for step in self._applicable(answers)
        ]
        context = self._context(REVIEW, answers) | {"groups": groups, "answers": answers}
        context |= self.review_context(answers) | {"seen": _mark_of(self._run())}
        context["problems"] = problem.messages if problem else []
        return render(
            self.request, self.review_template, context, status=422 if problem else 200
        )

    def _confirm(self, run: dict[str, Any], answers: Answers) -> HttpResponse:
        def act() -> HttpResponse:
            try:
                outcome = self.finish(answers)
            except ValidationError as problem:
                return self._review(answers, problem)
            run["outcome"] = {
                "url": outcome.url,
                "reference": outcome.reference,
                "words": outcome.words,
            }
            run["data"] = {}
            self._keep(run)
            return HttpResponseRedirect(outcome.first_url or self._url(DONE))

        return once.guarded(self.request, act, token=uuid.UUID(run["id"]))

    def _after(self, run: dict[str, Any], step: str) -> HttpResponse:
        if step == "":
            self._forget()
            return self._go(self._first_open(Answers(self, {})))
        template = self.done_template if step == DONE else self.already_template
        context = {
            "section": self.section,
            "title": self.title,
            "wizard": self,
            "outcome": run["outcome"],
        }
        if step == DONE:
            context |= self.done_context(run)
        return render(self.request, template, context | {"start_url": self._url("")})


def _typed(data: QueryDict) -> str:
    """Return what was typed as the session keeps it: encrypted, for it may be a secret."""
    kept = data.copy()
    for name in ("csrfmiddlewaretoken", once.FIELD, "act"):
        kept.pop(name, None)
    return vault.encrypt(kept.urlencode())


def _read(stored: str) -> QueryDict:
    return QueryDict(vault.decrypt(stored))


def _mark_of(run: dict[str, Any]) -> str:
    """Return what tells these answers from others, without telling what they are."""
    answers = sorted((slug, vault.decrypt(stored)) for slug, stored in run["data"].items())
    return salted_hmac(SESSION_KEY, f"{run['id']} {answers}", algorithm="sha256").hexdigest()


def _changed_elsewhere() -> ValidationError:
    return ValidationError(
        gettext(
            "The answers were changed in another tab since this page was shown. Nothing was "
            "done; check them again."
        )
    )
