"""Lines to paste into a customer's pages."""

from django.conf import settings

from imiconnect.apps.models import App


def sdk_snippet(app_id: str, client_key: str) -> str:
    """Return the lines that make a web page a device of an app, ready to paste."""
    site = settings.PUBLIC_URL
    return f"""<script type="module">
  import {{ startup }} from "{site}{settings.STATIC_URL}sdk/imiconnect.js";

  const device = startup("{app_id}", "{client_key}", {{ domain: "{site}" }});
  device.on("message", (message) => console.log(message.text));
  await device.register({{ userId: "alice" }});
  await device.connect();
</script>"""


def opt_in(app: App) -> str:
    """Return the lines that ask a visitor to subscribe, without any contact detail.

    The client key is left for the reader to fill in: this page shows it masked.
    """
    site = settings.PUBLIC_URL
    return f"""<button id="notify-me">Notify me</button>
<script type="module">
  import {{ startup }} from "{site}{settings.STATIC_URL}sdk/imiconnect.js";

  const device = startup("{app.app_id}", "<client key>", {{ domain: "{site}" }});
  document.getElementById("notify-me").addEventListener("click", async () => {{
    const result = await device.subscribeToPush({{ worker: "/imiconnect-sw.js" }});
    console.log(result.state);
  }});
</script>"""
