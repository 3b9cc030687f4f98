"""Pages that manage one object: cards with a form each, and small acts by POST.

A card's form is sent to the page itself with ``card``; what a service refuses is shown at
the fields of that card, everything typed is kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from imiconnect.accounts.access import MemberRequiredMixin, acting
from imiconnect.accounts.models import Member
from imiconnect.accounts.roles import Act
from imiconnect.console import once
from imiconnect.console.forms import ConsoleForm, FormPage, PageMixin
from imiconnect.keys import Overlap


def refuse(form: forms.BaseForm, error: ValidationError) -> None:
    """Put what a service refused at the fields of a form, and the rest on top of it."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, problems in error.error_dict.items():
        form.add_error(None if name not in form.fields else name, problems)


class ObjectMixin(MemberRequiredMixin):
    """A page about one object that the person may see; ``find`` returns it or raises 404."""

    request: HttpRequest
    kwargs: dict[str, Any]

    def find(self, member: Member) -> Any:
        """Return the object, or raise 404; a subclass says how."""
        raise AttributeError(f"{type(self).__name__} needs find")

    @cached_property
    def object(self) -> Any:
        """The object of this page."""
        return self.find(self.member)

    @property
    def member(self) -> Member:
        """Who acts."""
        return acting(self.request)


@dataclass(frozen=True)
class Card:
    """One form of a manage page: who may send it, what it begins with, what it does.

    ``save`` calls a service, adds a toast, and may raise ``ValidationError``. ``arguments``
    are those of the form beyond its data; ``when`` tells whether the object has the card.
    """

    slug: str
    form_class: type[forms.Form]
    act: Act
    save: Callable[[Any, Any], HttpResponse | None]
    initial: Callable[[Any], dict[str, Any]] = lambda page: {}
    arguments: Callable[[Any], dict[str, Any]] = lambda page: {}
    when: Callable[[Any], bool] = lambda page: True


class ManagePage(ObjectMixin, PageMixin, TemplateView):
    """The page; the template draws ``cards.<slug>``, absent where the role forbids it."""

    cards: ClassVar[tuple[Card, ...]] = ()

    def all_cards(self) -> tuple[Card, ...]:
        """Return the cards of this kind of object; a subclass may add some."""
        return self.cards

    def open_cards(self) -> dict[str, Card]:
        """Return the cards that this object has and this person may send, by slug."""
        cards = self.all_cards()
        return {
            card.slug: card for card in cards if self.member.can(card.act) and card.when(self)
        }

    def card_form(self, card: Card, data: Any = None) -> forms.Form:
        """Return the form of a card, filled with ``data`` or with what is there now."""
        return card.form_class(
            data,
            initial=card.initial(self),
            auto_id=f"{card.slug}-%s",
            **card.arguments(self),
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the object and the forms of its cards to the context."""
        wrong = kwargs.pop("wrong", {})
        cards = {
            slug: wrong.get(slug) or self.card_form(card)
            for slug, card in self.open_cards().items()
        }
        context = super().get_context_data(**kwargs)
        may = {act.value: self.member.can(act) for act in Act}
        return context | {"object": self.object, "cards": cards, "may": may}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Act on the card that was sent; once, however often its button is pressed."""
        found = self.object  # 404 before anything is said about the card
        card = self.open_cards().get(request.POST.get("card", ""))
        if card is None:
            raise PermissionDenied
        return once.guarded(request, lambda: self._save(card, found))

    def _save(self, card: Card, _found: Any) -> HttpResponse:
        form = self.card_form(card, self.request.POST)
        if form.is_valid():
            try:
                answer = card.save(self, form.cleaned_data)
            except ValidationError as error:
                refuse(form, error)
            else:
                return answer or HttpResponseRedirect(self.request.path)
        context = self.get_context_data(wrong={card.slug: form}, form=form)
        return self.render_to_response(context, status=422)


class ActView(ObjectMixin, View):
    """A small act by POST, such as turning off; ``perform`` returns where to go."""

    http_method_names = ["post"]

    def perform(self) -> str:
        """Call one service and add a toast; return the address to go to."""
        raise AttributeError(f"{type(self).__name__} needs perform")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Do it once."""
        found = self.object
        return once.guarded(request, lambda: self._perform(found))

    def _perform(self, _found: Any) -> HttpResponse:
        return HttpResponseRedirect(self.perform())


class OverlapForm(ConsoleForm):
    """How long the key that is being replaced keeps working."""

    keep = forms.TypedChoiceField(
        label=_("Keep the old key working for"),
        choices=Overlap.choices,
        coerce=lambda value: Overlap(int(value)),
        initial=Overlap.DAY,
        widget=forms.RadioSelect,
        error_messages={"required": _("Select how long the old key keeps working")},
    )


class RegeneratePage(ObjectMixin, FormPage):
    """Asks how long the old key is kept, then shows the new one once."""

    form_class = OverlapForm
    submit_label = _("REGENERATE")

    def replace(self, keep: Overlap) -> str:
        """Call the service and return the address of the page that shows the new key."""
        raise AttributeError(f"{type(self).__name__} needs replace")

    def form_valid(self, form: forms.BaseForm) -> HttpResponse:
        """Replace the key."""
        return HttpResponseRedirect(self.replace(form.cleaned_data["keep"]))


__all__ = [
    "ActView",
    "Card",
    "ManagePage",
    "ObjectMixin",
    "OverlapForm",
    "RegeneratePage",
    "refuse",
]
