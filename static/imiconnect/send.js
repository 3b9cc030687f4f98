// Writes the request that the form stands for while it is filled in.
(() => {
  "use strict";
  const place = document.querySelector("#curl code");
  const form = document.querySelector("form [name=user_id]")?.form;
  if (!place || !form || !form.elements.text) return;
  const routes = JSON.parse(document.getElementById("routes").textContent);
  const after = { "5m": 300, "1h": 3600, "24h": 86400, "7d": 604800 }; // seconds
  const [head] = place.textContent.split("  -d ");
  const quoted = (text) => `'${text.replaceAll("'", `'"'"'`)}'`;

  // What cannot be read yet is left out until it can.
  function more() {
    try {
      const found = JSON.parse(form.elements.more.value || "{}");
      return found && typeof found === "object" && !Array.isArray(found) ? found : {};
    } catch {
      return {};
    }
  }

  function request() {
    const field = (name) => form.elements[name].value.trim();
    const route = routes[field("route")] ?? Object.values(routes)[0];
    const rest = route.channel === "rt" ? {} : more();
    const words = field("text") || (Object.keys(rest).length ? "" : "Hello");
    const text = words ? { text: words } : {};
    const destination = { [route.id_type]: [field("user_id") || "alice"] };
    if (field("correlation_id")) destination.correlationid = field("correlation_id");
    const body = {
      deliverychannel: route.channel,
      appid: route.appid,
      destination: [destination],
      channels: { [route.channel]: route.channel === "rt" ? { message: text } : { ...text, ...rest } },
    };
    if (field("thread")) body.thread = field("thread");
    const seconds = after[field("expiry")];
    if (seconds) body.expiry = new Date(Date.now() + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
    return body;
  }
  const write = () => { place.textContent = `${head}  -d ${quoted(JSON.stringify(request(), null, 2))}`; };
  form.addEventListener("input", write);
  form.addEventListener("change", write);
  write();
})();
