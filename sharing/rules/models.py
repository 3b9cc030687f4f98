"""Rules, and what each of them did."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from imiconnect.accounts.models import Organization, User
from imiconnect.apps.models import App
from imiconnect.identity import Identified
from imiconnect.sharing.rules.querysets import RuleQuerySet
from imiconnect.sharing.rules.vocabulary import Action, Listens


class Rule(Identified):
    """One rule of a service: what it waits for, under which conditions, and what it does.

    Rules are looked at in the order of ``position``; each that matches acts, until one that
    ``stops`` has matched. Texts may name what the event tells, like ``{{text}}``.
    """

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(
        "sharing.Service", on_delete=models.CASCADE, related_name="rules"
    )
    name = models.CharField(_("name"), max_length=100)
    position = models.PositiveIntegerField(_("position"))
    listens = models.CharField(_("event"), max_length=10, choices=Listens.choices)
    #: Where the event must come from: any of the service's channels unless one is named.
    channel = models.SlugField(_("channel"), max_length=30, blank=True)
    app = models.ForeignKey(
        App, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: ``[{"field": "battery", "operator": "below", "value": "5"}]``; all of them must hold.
    conditions = models.JSONField(_("conditions"), default=list, blank=True)
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    #: By which channel and app it sends: those of the event unless named.
    send_channel = models.SlugField(_("send by channel"), max_length=30, blank=True)
    send_app = models.ForeignKey(
        App, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    recipient = models.CharField(_("to"), max_length=200, default="{{from}}", blank=True)
    text = models.TextField(_("text"), blank=True)
    #: The id of a message template that is sent instead of a text. It may be deleted meanwhile.
    template = models.UUIDField(_("message template"), null=True, blank=True)
    #: ``{"name": "{{text}}"}``: what fills in each parameter of the template.
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    url = models.CharField(_("URL"), max_length=500, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    starts_at = models.DateTimeField(_("valid from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("valid until"), null=True, blank=True)
    stops = models.BooleanField(_("later rules are left out"), default=False)
    limit_per_minute = models.PositiveIntegerField(_("actions a minute at most"), default=60)
    #: After an action, this many seconds without another one for the same customer.
    pause_seconds = models.PositiveIntegerField(_("pause for each customer"), default=0)
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        constraints = [
            models.UniqueConstraint("service", Lower("name"), name="rule_name_once"),
            models.UniqueConstraint(
                fields=["service", "position"],
                name="rule_position_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="rule_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(template__isnull=True) | Q(action=Action.MESSAGE, text=""),
                name="rule_template_instead_of_text",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organization", "listens"],
                condition=Q(is_active=True),
                name="rule_listening",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """Whether it acts now, as a state of the console."""
        now = timezone.now()
        if not self.is_active:
            return "paused"
        if self.ends_at is not None and self.ends_at <= now:
            return "ended"
        return "pending" if self.starts_at is not None and self.starts_at > now else "active"


class RuleRun(Identified):
    """What a rule did about one event: the row is written first, then the action is taken.

    At most one for a rule and an event. ``due_at`` is set while it is to be done; whoever
    takes it on moves it ahead, so that one who dies leaves it to another.
    """

    class State(models.TextChoices):
        """How far it is."""

        PENDING = "pending", _("Pending")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Skipped")

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="runs")
    service = models.ForeignKey("sharing.Service", on_delete=models.CASCADE, related_name="+")
    event_id = models.UUIDField()
    event_kind = models.CharField(_("event"), max_length=10)
    channel = models.CharField(_("channel"), max_length=30)
    address = models.CharField(_("customer"), max_length=200)
    #: The message that the event is, or is about.
    message_id = models.UUIDField(null=True, blank=True)
    #: The rules whose actions led to the event, this one last.
    chain = models.JSONField(default=list)
    #: What is done: ``{"kind": "message", "request": {…}}`` or ``{"kind": "url", …}``.
    act = models.JSONField(_("action"), default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PENDING
    )
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    #: The request that was accepted, found by this transid.
    transid = models.UUIDField(null=True, blank=True)
    code = models.PositiveSmallIntegerField(_("code"), default=0)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("action of a rule")
        verbose_name_plural = _("actions of rules")
        constraints = [
            models.UniqueConstraint(fields=["rule", "event_id"], name="rule_run_once"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False), name="rule_run_due"
            ),
            models.Index(fields=["rule", "-id"], name="rule_run_newest"),
            models.Index(fields=["rule", "address", "-id"], name="rule_run_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.rule}: {self.get_state_display()}"
