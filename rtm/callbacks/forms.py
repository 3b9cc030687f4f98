"""The filters of the delivery log."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from imiconnect.console.lists import FilterForm
from imiconnect.rtm.models import Callback
from imiconnect.sharing.models import Service


class CallbackFilter(FilterForm):
    """What the delivery log can be narrowed by; ``member`` decides which services."""

    state = forms.ChoiceField(
        label=_("State"), choices=[("", _("All")), *Callback.State.choices]
    )
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *Callback.Kind.choices])
    service = forms.ModelChoiceField(
        label=_("Service"), queryset=Service.objects.none(), empty_label=_("All")
    )
    url = forms.CharField(label=_("Part of the URL"))

    def __init__(self, *args: Any, member: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if member is not None:
            services = Service.objects.visible_to(member).order_by("name")
            field = self.fields["service"]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - declared above
            field.queryset = services
