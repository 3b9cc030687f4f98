"""The icons of the console, by their names in the Tabler set; more are added here."""

ICONS = tuple(
    """
adjustments-horizontal alert-circle alert-triangle apps arrow-down arrow-down-left arrow-left
arrow-right arrow-up arrow-up-right ban bell brand-facebook brand-wechat brand-x broadcast
building calendar check checks chevron-down chevron-left chevron-right chevron-up circle
circle-check circle-dashed circle-minus circle-x clock clock-x code copy database device-desktop
device-mobile dots-vertical download edit external-link eye eye-off filter flask hash heartbeat
history hourglass inbox info-circle key layout-dashboard list lock logout mail map-pin menu-2
message message-2 messages minus moon pencil phone player-pause player-play plug-connected
plug-connected-x plus pointer refresh search send server settings share shield-lock speakerphone
stack-2 sun sun-moon switch-horizontal tag tool trash user user-plus users users-group webhook
world x
""".split()
)
