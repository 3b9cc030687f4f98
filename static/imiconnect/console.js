// What the console does in the browser beyond htmx and Tabler. Everything works without it too.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const announceIn = 150; // ms: a region that is filled at once after load stays silent
  const toastFor = 8000; // ms

  // Status region: what changed, for those who cannot see it -------------------------
  function announce(text) {
    const region = $("#announce");
    region.textContent = "";
    setTimeout(() => { region.textContent = text; }, announceIn);
  }

  // Toasts ---------------------------------------------------------------------------
  function armToast(card) {
    const undo = $("form:not([hidden])", card);
    const close = () => card.remove();
    $("[data-toast-close]", card).addEventListener("click", close);
    if (undo || card.classList.contains("toast-warning")) return;
    let timer = setTimeout(close, toastFor);
    const hold = () => clearTimeout(timer);
    const letGo = () => { hold(); timer = setTimeout(close, toastFor); };
    card.addEventListener("mouseenter", hold);
    card.addEventListener("focusin", hold);
    card.addEventListener("mouseleave", letGo);
    card.addEventListener("focusout", letGo);
  }

  function showToast({ text, undo, warning }) {
    const card = $("#toast-template").content.firstElementChild.cloneNode(true);
    $(".toast-text", card).textContent = text;
    card.classList.toggle("toast-warning", Boolean(warning));
    if (undo) {
      const form = $("form", card);
      form.action = undo;
      form.hidden = false;
    }
    $("#toasts").append(card);
    armToast(card);
    announce(text);
  }

  // Network trouble --------------------------------------------------------------------
  function trouble(kind) {
    const box = $("#trouble");
    if (!box) return;
    for (const line of $$("[data-trouble]", box)) line.hidden = line.dataset.trouble !== kind;
    box.hidden = !kind;
  }

  // Copy, with selection where the clipboard is out of reach (plain http) ---------------
  async function copy(button) {
    const field = document.getElementById(button.dataset.copy);
    const said = $(".copy-said", button.closest("[data-copy-box]"));
    const text = field.value ?? field.textContent;
    try {
      await navigator.clipboard.writeText(text.trim());
      said.textContent = button.dataset.copied;
    } catch {
      if (field.select) field.select();
      else getSelection().selectAllChildren(field);
      field.focus();
      said.textContent = button.dataset.pressKeys;
    }
  }

  // Selection of rows -------------------------------------------------------------------
  function armBulk(form) {
    const bar = $("[data-bulk-bar]", form);
    if (!bar) return;
    const count = $("[data-bulk-count]", bar);
    const all = $("[data-bulk-all]", form);
    const clear = $("[data-bulk-clear]", bar);
    const boxes = () => $$("input[name=ids]", form);
    const refresh = () => {
      const chosen = boxes().filter((box) => box.checked).length;
      bar.hidden = chosen === 0;
      count.textContent = chosen === 1 ? count.dataset.one : count.dataset.many.replace("{n}", chosen);
      all.checked = chosen > 0 && chosen === boxes().length;
      all.indeterminate = chosen > 0 && !all.checked;
    };
    const set = (checked) => { boxes().forEach((box) => { box.checked = checked; }); refresh(); };
    all.hidden = false;
    clear.hidden = false;
    all.addEventListener("change", () => set(all.checked));
    clear.addEventListener("click", () => { set(false); all.focus(); });
    form.addEventListener("change", refresh);
    refresh();
  }

  // Dialogs: a link to a confirmation page opens it here --------------------------------
  function openDialog() {
    const dialog = $("#dialog");
    if (dialog.childElementCount && !dialog.open) dialog.showModal();
  }

  // Menus of links (details): a click elsewhere and Escape close them, as those of Tabler ----
  function closeMenus(except) {
    for (const menu of $$("details.menu[open]")) if (menu !== except) menu.open = false;
  }
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    $("summary", menu).focus();
  });

  // Tooltips on icon buttons --------------------------------------------------------------
  function armTips(root) {
    for (const element of $$("[data-tip]", root)) {
      window.tabler?.Tooltip?.getOrCreateInstance(element, { title: element.dataset.tip, trigger: "hover focus" });
    }
  }

  // Choices narrowed by a search box (the country step) ------------------------------------
  // What has it as a code first ("us", "uk", "+44"), then what begins with it, then the rest.
  function placeOf(option, wanted) {
    const name = option.textContent.trim().toLocaleLowerCase().replace(/^\S+\s+/, "");
    if (name.match(/\(([^()]*)\)$/)?.[1].split(", ").includes(wanted)) return 0;
    return name.startsWith(wanted) ? 1 : 2;
  }

  function armChoiceSearch(input) {
    const options = $$(".choice", document.getElementById(input.dataset.filterChoices));
    const said = document.getElementById(input.getAttribute("aria-describedby"));
    input.closest("[hidden]")?.removeAttribute("hidden");
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLocaleLowerCase();
      let shown = 0;
      const places = new Map(options.map((option) => [option, wanted ? placeOf(option, wanted) : 0]));
      for (const option of [...options].sort((one, other) => places.get(one) - places.get(other))) {
        option.parentElement.append(option);
        const fits = option.textContent.toLocaleLowerCase().includes(wanted);
        option.hidden = !fits && !$("input", option).checked;
        shown += option.hidden ? 0 : 1;
      }
      if (said) said.textContent = said.dataset.words?.replace("{n}", shown) ?? "";
    });
  }

  function arm(root) {
    armTips(root);
    for (const form of $$("[data-bulk]", root)) if (!form.dataset.armed) { form.dataset.armed = "1"; armBulk(form); }
    for (const input of $$("[data-filter-choices]", root)) if (!input.dataset.armed) { input.dataset.armed = "1"; armChoiceSearch(input); }
    if (window.innerWidth >= 768) for (const filters of $$("[data-filters]", root)) filters.open = true;
    document.dispatchEvent(new CustomEvent("console:arm", { detail: { root } }));
  }

  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-copy],[data-trouble-close],[data-dialog-close]");
    if (!target) return;
    if (target.dataset.copy) copy(target);
    else if ("troubleClose" in target.dataset) trouble("");
    else { event.preventDefault(); $("#dialog").close(); }
  });
  // The server drops a second click; this only spares it the work.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.getAttribute("aria-busy") === "true") event.preventDefault();
    form.setAttribute("aria-busy", "true");
    setTimeout(() => form.removeAttribute("aria-busy"), 4000);
  });
  addEventListener("pageshow", () => $$("[aria-busy=true]").forEach((form) => form.removeAttribute("aria-busy")));

  document.addEventListener("toasts", (event) => (event.detail.items ?? []).forEach(showToast));
  document.addEventListener("htmx:after:request", (event) => {
    trouble(event.detail.ctx.response.status >= 500 ? "server" : "");
  });
  document.addEventListener("htmx:error", (event) => { if (event.detail.ctx) trouble("network"); });
  document.addEventListener("htmx:after:swap", (event) => {
    arm(document);
    if (event.detail.ctx.target?.id === "dialog") openDialog();
  });
  document.addEventListener("htmx:after:history:restore", () => arm(document));

  const dialog = $("#dialog");
  dialog?.addEventListener("close", () => { dialog.replaceChildren(); });
  const waiting = $$("[data-toast]");
  waiting.forEach(armToast);
  if (waiting.length) announce(waiting.map((card) => $(".toast-text", card).textContent).join(". "));
  for (const box of $$("[role=alert][autofocus]")) box.focus();
  arm(document);
  window.consolePage = { announce, arm, showToast };
})();
