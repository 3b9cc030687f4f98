// Files of an answer: chosen, dropped or pasted, seen before they go, and sent with progress.
// The form works without this: the server checks everything again.
(() => {
  "use strict";
  const form = document.querySelector("[data-desk-reply]");
  const input = form?.querySelector("[data-desk-files]");
  const box = form?.querySelector("[data-desk-chosen]");
  if (!input || !box) return;
  const sizes = JSON.parse(input.dataset.deskFiles); // bytes by MIME type
  const mostFiles = Number(input.dataset.mostFiles);
  const mostBytes = Number(input.dataset.mostBytes);
  const list = box.querySelector(".desk-files");
  const problems = box.querySelector(".desk-problems");
  const progress = box.querySelector(".desk-progress");
  // What browsers and systems call some types besides.
  const aliases = {
    "audio/x-m4a": "audio/mp4", "audio/mp3": "audio/mpeg", "audio/x-wav": "audio/wav",
    "audio/wave": "audio/wav", "application/vnd.ms-excel": "text/csv",
  };
  const side = 48; // px of a picture in the list
  let chosen = [];
  let sending = false;
  box.hidden = false;

  const words = (name, values) => box.dataset[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
  const bytes = (count) => (count < 1024 * 1024 ? `${Math.ceil(count / 1024)} KB` : `${(count / 1024 / 1024).toFixed(1)} MB`);

  function problemOf(file) {
    const name = file.name;
    const most = sizes[file.type] ?? sizes[aliases[file.type]];
    if (!file.size) return words("empty", { name });
    // A browser that knows no type leaves it to the server.
    if (file.type && !most) return words("type", { name });
    if (most && file.size > most) return words("size", { name, size: bytes(most) });
    if (chosen.length >= mostFiles) return words("many", { name, count: mostFiles });
    const total = chosen.reduce((sum, one) => sum + one.size, file.size);
    return total > mostBytes ? words("total", { name, size: bytes(mostBytes) }) : "";
  }

  function complain(sentences) {
    problems.replaceChildren(...sentences.map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }));
    problems.hidden = !sentences.length;
  }

  async function picture(file, canvas) {
    try {
      const image = await createImageBitmap(file);
      const scale = side / Math.max(image.width, image.height, 1);
      canvas.width = Math.max(1, Math.round(image.width * scale));
      canvas.height = Math.max(1, Math.round(image.height * scale));
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      image.close();
    } catch {
      canvas.remove(); // no picture that this browser draws
    }
  }

  function row(file) {
    const item = document.createElement("li");
    const seen = document.createElement("span");
    seen.className = "desk-seen";
    if (file.type.startsWith("image/")) {
      const canvas = document.createElement("canvas");
      canvas.setAttribute("aria-hidden", "true");
      seen.append(canvas);
      picture(file, canvas);
    } else {
      seen.setAttribute("aria-hidden", "true");
      seen.textContent = (/\.(\w{1,4})$/.exec(file.name)?.[1] ?? "").toUpperCase();
    }
    const name = document.createElement("span");
    name.className = "desk-file-name";
    name.textContent = file.name;
    const size = document.createElement("small");
    size.textContent = bytes(file.size);
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-sm";
    const object = document.createElement("span");
    object.className = "visually-hidden";
    object.textContent = ` ${file.name}`;
    remove.append(box.dataset.remove, object);
    remove.addEventListener("click", () => drop(file));
    item.append(seen, name, size, remove);
    return item;
  }

  // What the form sends is what the input has, so that it is the same without a script.
  function keep() {
    const transfer = new DataTransfer();
    for (const file of chosen) transfer.items.add(file);
    input.files = transfer.files;
    list.hidden = !chosen.length;
  }

  function add(files) {
    const sentences = [];
    for (const file of files) {
      const sentence = problemOf(file);
      if (sentence) { sentences.push(sentence); continue; }
      chosen.push(file);
      list.append(row(file));
      window.consolePage?.announce(words("added", { name: file.name }));
    }
    keep();
    complain(sentences);
  }

  function drop(file) {
    if (sending) return;
    const place = chosen.indexOf(file);
    chosen.splice(place, 1);
    list.children[place].remove();
    keep();
    complain([]);
    const next = list.children[Math.min(place, chosen.length - 1)];
    (next?.querySelector("button") ?? input).focus();
    window.consolePage?.announce(words("removed", { name: file.name }));
  }

  input.addEventListener("change", () => add([...input.files]));

  const talk = form.closest(".desk-talk");
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  talk.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    talk.classList.add("desk-over");
  });
  talk.addEventListener("dragleave", (event) => {
    if (!talk.contains(event.relatedTarget)) talk.classList.remove("desk-over");
  });
  talk.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    talk.classList.remove("desk-over");
    if (!sending) add([...event.dataTransfer.files]);
  });
  form.querySelector("textarea").addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length || sending) return;
    event.preventDefault();
    add(files);
  });

  function show(percent) {
    progress.hidden = percent === null;
    progress.querySelector("progress").value = percent ?? 0;
    progress.querySelector("label").textContent = words("sending", { percent: percent ?? 0 });
  }

  function refuse(html) {
    const told = new DOMParser().parseFromString(html, "text/html").querySelector(".desk-answer .error-summary");
    form.parentElement.querySelector(".error-summary")?.remove();
    if (!told) return complain([box.dataset.failed]);
    form.before(told);
    told.focus();
    return undefined;
  }

  function over(then) {
    sending = false;
    show(null);
    form.removeAttribute("aria-busy");
    then();
  }

  form.addEventListener("submit", (event) => {
    if (sending) { event.preventDefault(); return; }
    if (!chosen.length) return;
    event.preventDefault();
    sending = true;
    complain([]);
    show(0);
    form.setAttribute("aria-busy", "true");
    const call = new XMLHttpRequest();
    call.upload.addEventListener("progress", (sent) => {
      if (sent.lengthComputable) show(Math.floor((100 * sent.loaded) / sent.total));
    });
    call.addEventListener("load", () => {
      if (call.status < 400) location.assign(call.responseURL);
      else over(() => refuse(call.responseText));
    });
    for (const end of ["error", "abort"]) call.addEventListener(end, () => over(() => complain([box.dataset.lost])));
    call.open("POST", form.action);
    call.send(new FormData(form));
  });
})();
