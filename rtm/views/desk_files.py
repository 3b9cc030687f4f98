"""Files of conversations: for who may see the thread, by an address that is signed anew."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.views.generic import View

from imiconnect.accounts.access import Act, MemberRequiredMixin, acting
from imiconnect.rtm.desk import contents, conversations
from imiconnect.rtm.media import addresses
from imiconnect.rtm.models import Message


class ConversationFile(MemberRequiredMixin, View):
    """The file at a place of a message, or its picture with ``preview``."""

    act = Act.CONVERSE
    http_method_names = ["get"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead to the file; 404 for one that the agent does not see, or that is not kept."""
        threads = conversations.conversations_for(acting(request))
        thread = get_object_or_404(threads, pk=kwargs["thread_id"])
        rows = Message.objects.filter(thread=thread).select_related("app")
        message = get_object_or_404(rows, pk=kwargs["tid"])
        row = contents.kept_file(message, kwargs["place"])
        if row is None:
            raise Http404
        preview = "preview" in request.GET and row.has_preview
        url = addresses.address(message.app.app_id, row.pk, preview=preview)
        answer = HttpResponseRedirect(url)
        # The address is good for a day; whoever loses sight of the thread is not to have more.
        answer.headers["Cache-Control"] = "private, no-store"
        return answer
