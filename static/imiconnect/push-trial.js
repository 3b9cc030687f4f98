// Subscribes the person's own browser and has a test notification sent to it.
import { isPushSupported, subscribeBrowser } from "../sdk/push.js";

for (const box of document.querySelectorAll("[data-push-trial]")) {
  const [button, said] = [box.querySelector("button"), box.querySelector("[role=status]")];
  const token = box.querySelector("[name=csrfmiddlewaretoken]").value;
  const { pushTrial, app, key, worker, denied, unsupported, failed, waiting } = box.dataset;

  async function send() {
    if (!isPushSupported()) return unsupported;
    const made = await subscribeBrowser({ appId: app, domain: location.origin, worker, key });
    if (!made) return denied;
    const { endpoint, keys } = made.toJSON();
    const answer = await fetch(pushTrial, {
      method: "POST",
      headers: { "X-CSRFToken": token, "Content-Type": "application/json" },
      body: JSON.stringify({ endpoint, keys }),
    });
    return (await answer.json()).words;
  }

  button.addEventListener("click", async () => {
    said.textContent = waiting;
    said.textContent = await send().catch(() => failed);
  });
}
