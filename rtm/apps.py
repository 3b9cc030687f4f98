"""The rtm package."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RtmConfig(AppConfig):
    """The real-time messaging gateway."""

    name = "imiconnect.rtm"
    verbose_name = _("RTM")

    def ready(self) -> None:
        """Answer the packages below; put pages, cards and live topics into the console."""
        from imiconnect.rtm import bindings, gauges, panels, shell
        from imiconnect.rtm.callbacks import typing
        from imiconnect.rtm.intake import realtime
        from imiconnect.rtm.ott import binding as ott
        from imiconnect.rtm.push import medium as push
        from imiconnect.rtm.telecom import binding as telecom

        bindings.bind()
        realtime.register()
        push.register()
        telecom.bind()
        ott.register()
        shell.register()
        panels.register()
        gauges.register()
        typing.register()
