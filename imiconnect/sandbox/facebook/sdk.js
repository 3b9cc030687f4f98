/* The double of Meta's JavaScript SDK: it draws Messenger's web plugins in a customer's page.

   Who presses one comes to the double's page and goes on there as one of its customers. Names
   of functions, classes, attributes and events are Meta's (web plugins reference). */
(() => {
  "use strict";

  const home = new URL("../../", document.currentScript.src);
  const COLORS = { blue: ["#0a5fcc", "#fff"], white: ["#fff", "#0a5fcc"] };
  const SIZES = { standard: "16px", large: "18px", xlarge: "22px" };
  const listeners = new Map();
  /* Every user_ref whose checkbox is ticked now. */
  const ticked = new Set();

  function emit(name, event) {
    for (const listener of listeners.get(name) ?? []) listener(event);
  }

  function open(path, values) {
    const url = new URL(path, home);
    url.search = new URLSearchParams(values);
    window.open(url, "_blank", "noopener");
  }

  function read(box) {
    const value = (name) => box.getAttribute(name) ?? "";
    return {
      app_id: value("messenger_app_id"),
      page_id: value("page_id"),
      ref: value("data-ref") || value("ref"),
      user_ref: value("user_ref"),
      origin: value("origin") || location.origin,
      color: value("color"),
      size: value("size"),
    };
  }

  function pressed(path, { app_id, page_id, ref, user_ref, origin }) {
    open(path, { app_id, page_id, ref, user_ref, origin });
  }

  function button(box, words, press) {
    const look = read(box);
    const made = document.createElement("button");
    const [back, front] = COLORS[look.color] ?? COLORS.blue;
    made.type = "button";
    made.textContent = words;
    Object.assign(made.style, {
      background: back,
      color: front,
      border: "1px solid #0a5fcc",
      borderRadius: "6px",
      cursor: "pointer",
      font: `600 ${SIZES[look.size] ?? SIZES.large} sans-serif`,
      padding: "0.35em 0.75em",
    });
    made.addEventListener("click", () => press(look));
    box.replaceChildren(made);
  }

  function send(box) {
    button(box, "Send to Messenger", (look) => {
      emit("send_to_messenger", { event: "clicked", ref: look.ref });
      pressed("plugins/send", look);
    });
    emit("send_to_messenger", { event: "rendered", ref: read(box).ref });
  }

  function messageUs(box) {
    button(box, "Message Us", (look) => pressed("plugins/message_us", look));
  }

  function checkbox(box) {
    const { ref, user_ref, size } = read(box);
    const label = document.createElement("label");
    const tick = document.createElement("input");
    tick.type = "checkbox";
    label.append(tick, " Send to Messenger");
    label.style.font = `${SIZES[size] ?? SIZES.large} sans-serif`;
    tick.addEventListener("change", () => {
      if (tick.checked) ticked.add(user_ref);
      else ticked.delete(user_ref);
      const state = tick.checked ? "checked" : "unchecked";
      emit("messenger_checkbox", { event: "checkbox", state, ref, user_ref });
    });
    box.replaceChildren(label);
    emit("messenger_checkbox", { event: "rendered", ref, user_ref });
  }

  const PLUGINS = {
    "fb-send-to-messenger": send,
    "fb-messengermessageus": messageUs,
    "fb-messenger-checkbox": checkbox,
  };

  function parse(root = document) {
    for (const [name, draw] of Object.entries(PLUGINS)) {
      for (const box of root.querySelectorAll(`.${name}:not([fb-xfbml-state])`)) {
        draw(box);
        box.setAttribute("fb-xfbml-state", "rendered");
      }
    }
  }

  window.FB = {
    init({ xfbml = false } = {}) {
      if (!xfbml) return;
      /* The script may come before what it draws. */
      if (document.readyState !== "loading") parse();
      else document.addEventListener("DOMContentLoaded", () => parse());
    },
    XFBML: { parse },
    Event: {
      subscribe(name, listener) {
        listeners.set(name, [...(listeners.get(name) ?? []), listener]);
      },
      unsubscribe(name, listener) {
        listeners.set(name, (listeners.get(name) ?? []).filter((known) => known !== listener));
      },
    },
    AppEvents: {
      logEvent(name, _value, values = {}) {
        const isAsked = name === "MessengerCheckboxUserConfirmation";
        if (!isAsked || !ticked.has(values.user_ref)) return;
        pressed("plugins/checkbox", { ...values, origin: location.origin });
      },
    },
  };
  window.fbAsyncInit?.();
})();
