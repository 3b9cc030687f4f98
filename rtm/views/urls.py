"""Addresses of the gateway's pages."""

from django.urls import path

from imiconnect.rtm.callbacks import views as callbacks
from imiconnect.rtm.views import (
    contacts,
    customer,
    customers,
    desk,
    desk_acts,
    desk_files,
    device,
    dry_run,
    figures,
    gateway,
    journey,
    log,
    optouts,
    recordings,
    segments,
    send,
    send_call,
    send_sms,
    stream_pages,
    streams,
    templates,
    topics,
)

app_name = "rtm"

urlpatterns = [
    path("messages/", log.MessageLog.as_view(), name="messages"),
    path("messages/per-minute.json", figures.messages_per_minute, name="per-minute"),
    path("messages/callbacks/", callbacks.CallbackLog.as_view(), name="callbacks"),
    path("messages/callbacks/<uuid:key>/", callbacks.CallbackPage.as_view(), name="callback"),
    path(
        "messages/callbacks/<uuid:key>/resend/",
        callbacks.ResendCallback.as_view(),
        name="callback-resend",
    ),
    path("messages/send/", send.SendMessage.as_view(), name="send"),
    path("messages/send/sms/", send_sms.SendSms.as_view(), name="send-sms"),
    path("messages/send/call/", send_call.SendCall.as_view(), name="send-call"),
    path("messages/send/sms/parts/", send_sms.count_parts, name="sms-parts"),
    path("messages/templates/", templates.Templates.as_view(), name="templates"),
    path("messages/templates/new/", templates.NewTemplate.as_view(), name="template-new"),
    path(
        "messages/templates/<uuid:template_id>/",
        templates.TemplatePage.as_view(),
        name="template",
    ),
    path(
        "messages/templates/<uuid:template_id>/edit/",
        templates.EditTemplate.as_view(),
        name="template-edit",
    ),
    path(
        "messages/templates/<uuid:template_id>/copy/",
        templates.CopyTemplate.as_view(),
        name="template-copy",
    ),
    path(
        "messages/templates/<uuid:template_id>/lock/",
        templates.LockTemplate.as_view(),
        name="template-lock",
    ),
    path(
        "messages/templates/<uuid:template_id>/unlock/",
        templates.LockTemplate.as_view(locked=False),
        name="template-unlock",
    ),
    path(
        "messages/templates/<uuid:template_id>/delete/",
        templates.DeleteTemplate.as_view(),
        name="template-delete",
    ),
    path("messages/recordings/<uuid:key>/", recordings.recording, name="recording"),
    path(
        "messages/recordings/<uuid:key>/delete/",
        recordings.DeleteRecording.as_view(),
        name="recording-delete",
    ),
    path("messages/<uuid:key>/", journey.journey, name="journey"),
    path("customers/", customers.Customers.as_view(), name="customers"),
    path("customers/new/", customers.NewCustomer.as_view(), name="customer-new"),
    path("customers/contacts/", contacts.Contacts.as_view(), name="contacts"),
    path("customers/topics/", topics.Topics.as_view(), name="topics"),
    path("customers/topics/new/", topics.NewTopic.as_view(), name="topic-new"),
    path("customers/topics/<uuid:topic>/", topics.TopicPage.as_view(), name="topic"),
    path(
        "customers/topics/<uuid:topic>/unsubscribe/",
        topics.Unsubscribe.as_view(),
        name="topic-unsubscribe",
    ),
    path(
        "customers/topics/<uuid:topic>/delete/",
        topics.DeleteTopic.as_view(),
        name="topic-delete",
    ),
    path("customers/opt-outs/", optouts.OptOuts.as_view(), name="opt-outs"),
    path("customers/opt-outs/new/", optouts.NewOptOut.as_view(), name="opt-out-new"),
    path(
        "customers/opt-outs/<uuid:opt_out>/remove/",
        optouts.RemoveOptOut.as_view(),
        name="opt-out-remove",
    ),
    path("customers/opt-out-words/", optouts.OptWords.as_view(), name="opt-words"),
    path(
        "customers/opt-out-words/<uuid:opt_word>/remove/",
        optouts.RemoveWord.as_view(),
        name="opt-word-remove",
    ),
    path("customers/segments/", segments.Segments.as_view(), name="segments"),
    path("customers/segments/new/", segments.NewSegment.as_view(), name="segment-new"),
    path("customers/segments/<uuid:segment>/", segments.SegmentPage.as_view(), name="segment"),
    path(
        "customers/segments/<uuid:segment>/delete/",
        segments.DeleteSegment.as_view(),
        name="segment-delete",
    ),
    path(
        "services/<uuid:service_id>/stream/",
        streams.StreamTab.as_view(),
        name="service-stream",
    ),
    path("customers/<uuid:key>/", customer.CustomerPage.as_view(), name="customer"),
    path("customers/<uuid:key>/edit/", customer.EditCustomer.as_view(), name="customer-edit"),
    path(
        "customers/<uuid:key>/delete/",
        customer.DeleteCustomer.as_view(),
        name="customer-delete",
    ),
    path(
        "customers/<uuid:key>/erase/", customer.EraseCustomer.as_view(), name="customer-erase"
    ),
    path(
        "customers/<uuid:key>/export/",
        customer.ExportCustomer.as_view(),
        name="customer-export",
    ),
    path(
        "customers/<uuid:key>/devices/new/", customer.NewAppProfile.as_view(), name="device-new"
    ),
    path(
        "customers/<uuid:key>/devices/<uuid:device_key>/",
        customer.EditDevice.as_view(),
        name="device-edit",
    ),
    path(
        "customers/<uuid:key>/devices/<uuid:device_key>/unlink/",
        customer.UnlinkDevice.as_view(),
        name="device-unlink",
    ),
    path(
        "customers/<uuid:key>/devices/<uuid:device_key>/delete/",
        customer.DeleteDevice.as_view(),
        name="device-delete",
    ),
    path("conversations/", desk.Desk.as_view(), name="conversations"),
    path("conversations/<uuid:thread_id>/", desk.Desk.as_view(), name="conversation"),
    path(
        "conversations/<uuid:thread_id>/reply/", desk.Reply.as_view(), name="conversation-reply"
    ),
    path(
        "conversations/<uuid:thread_id>/files/<uuid:tid>/<int:place>/",
        desk_files.ConversationFile.as_view(),
        name="conversation-file",
    ),
    path(
        "conversations/<uuid:thread_id>/take/",
        desk_acts.Take.as_view(),
        name="conversation-take",
    ),
    path(
        "conversations/<uuid:thread_id>/give-back/",
        desk_acts.GiveBack.as_view(),
        name="conversation-give-back",
    ),
    path(
        "conversations/<uuid:thread_id>/hand-over/",
        desk_acts.HandOver.as_view(),
        name="conversation-hand-over",
    ),
    path(
        "conversations/<uuid:thread_id>/let-in/",
        desk_acts.LetIn.as_view(),
        name="conversation-let-in",
    ),
    path(
        "conversations/<uuid:thread_id>/guests/<uuid:agent_id>/",
        desk_acts.SendOut.as_view(),
        name="conversation-send-out",
    ),
    path(
        "conversations/<uuid:thread_id>/close/",
        desk_acts.SetThreadStatus.as_view(),
        name="conversation-close",
    ),
    path(
        "conversations/<uuid:thread_id>/open/",
        desk_acts.SetThreadStatus.as_view(status="Active"),
        name="conversation-open",
    ),
    path("conversations/streams/", stream_pages.Streams.as_view(), name="streams"),
    path("conversations/streams/new/", stream_pages.NewStream.as_view(), name="stream-new"),
    path(
        "conversations/streams/<uuid:stream_id>/",
        stream_pages.StreamPage.as_view(),
        name="stream",
    ),
    path(
        "conversations/streams/<uuid:stream_id>/delete/",
        stream_pages.DeleteStream.as_view(),
        name="stream-delete",
    ),
    path(
        "conversations/streams/<uuid:stream_id>/share/",
        desk_acts.ShareStream.as_view(),
        name="stream-share",
    ),
    path("tools/gateway/", gateway.Gateway.as_view(), name="gateway"),
    path("apps/<uuid:app_id>/dry-run/", dry_run.DryRun.as_view(), name="dry-run"),
    path("tools/device/", device.device, name="device"),
    path("tools/device/access/", device.device_access, name="device-access"),
]
