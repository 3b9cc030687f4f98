// A device of a Mobile / Web app, made with the SDK alone, for people who want to watch one.
import { shutdown, startup } from '../sdk/imiconnect.js';

const LINES = 200; // of the wire log
const HISTORY = 30; // messages of the latest thread
const root = document.getElementById('device');
const words = root.dataset;
const one = (selector) => root.querySelector(selector);
const form = one('[data-device-form]');
const composer = one('[data-composer]');
const bubbles = one('[data-bubbles]');
const screen = one('[data-screen]');
const wire = one('[data-wire]');
const reads = document.getElementById('device-reads');
const time = new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', timeStyle: 'medium' });

let device = null;
let appId = '';
let threadId = null;
const shown = new Map(); // tid to { item, state, isRead }

const seen = new IntersectionObserver(
  (entries) => entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => maybeRead(target.dataset.tid)),
  { root: screen, threshold: 0.6 },
);

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function stamp(date) {
  const element = make('time', '', `${time.format(date)} UTC`);
  element.dateTime = date.toISOString();
  return element;
}

// State in words ---------------------------------------------------------------------
function showState(state, detail = {}) {
  const place = one('[data-device-state]');
  const ended = state === 'refused' && detail.error?.reason ? detail.error.message : '';
  const text = ended || (words[state] ?? state).replace('{n}', Math.ceil((detail.retryIn ?? 0) / 1000));
  if (place.textContent !== text) place.textContent = text;
  place.dataset.state = state;
  const isOff = state === 'closed' || state === 'refused';
  one('[data-device-connect]').hidden = !isOff;
  one('[data-device-disconnect]').hidden = isOff;
}

function showFacts() {
  one('[data-device-facts]').hidden = !device?.session;
  const facts = { ...device?.session, waiting: String(device?.waiting ?? 0) };
  for (const place of root.querySelectorAll('[data-fact]')) place.textContent = facts[place.dataset.fact] ?? '';
}

function trouble(input, sentence) {
  const place = document.getElementById(input.getAttribute('aria-describedby').split(' ').at(-1));
  place.textContent = sentence;
  place.hidden = !sentence;
  input.setAttribute('aria-invalid', String(Boolean(sentence)));
  if (sentence) input.focus();
}

// Bubbles ------------------------------------------------------------------------------
function addBubble(message, state) {
  const key = message.ref ?? message.tid;
  if (shown.has(key)) return;
  const item = make('li', message.outgoing ? 'bubble bubble-out' : 'bubble');
  item.dataset.tid = key;
  item.append(make('p', '', message.text));
  const foot = make('div', 'bubble-foot');
  foot.append(stamp(message.at), make('span', 'bubble-state', state ? words[state] : ''));
  if (!message.outgoing) {
    const button = make('button', 'btn btn-sm', words.markRead);
    button.type = 'button';
    button.hidden = state === 'read';
    button.addEventListener('click', () => read(message.tid));
    foot.append(button);
  }
  const link = make('a', '', words.showJourney);
  link.hidden = true;
  foot.append(link);
  item.append(foot);
  if (message.tid) linkJourney(item, message.tid);
  bubbles.append(item);
  shown.set(key, { item, isRead: message.outgoing || state === 'read' });
  one('[data-phone-empty]').hidden = true;
  screen.scrollTop = screen.scrollHeight;
  if (!message.outgoing) seen.observe(item);
}

function setState(key, state, tid = '') {
  const known = shown.get(key);
  if (!known) return;
  known.item.querySelector('.bubble-state').textContent = words[state];
  if (tid) linkJourney(known.item, tid);
}

function linkJourney(item, tid) {
  const link = item.querySelector('a');
  link.href = `${words.journey}${tid}/`;
  link.hidden = false;
}

function maybeRead(tid) {
  if (reads.checked && document.visibilityState === 'visible') read(tid);
}

async function read(tid) {
  const known = shown.get(tid);
  if (!device || !known || known.isRead) return;
  known.isRead = true;
  known.item.querySelector('button').hidden = true;
  await device.markRead(tid);
  setState(tid, 'read');
  showFacts();
}

function readWhatIsSeen() {
  const box = screen.getBoundingClientRect();
  for (const [tid, { item }] of shown) {
    const { top, bottom } = item.getBoundingClientRect();
    if (top >= box.top && bottom <= box.bottom) maybeRead(tid);
  }
}

// Wire -----------------------------------------------------------------------------------
function addLine({ direction, via, name, body, at }) {
  const line = make('li', 'wire-line');
  const details = make('details');
  const summary = make('summary');
  summary.append(
    make('span', `wire-way wire-way-${direction}`, words[direction]),
    make('span', '', via),
    stamp(at),
    make('span', 'wire-name', name),
  );
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2);
  details.append(summary, make('pre', '', text));
  line.append(details);
  wire.prepend(line);
  while (wire.children.length > LINES) wire.lastElementChild.remove();
  one('[data-wire-empty]').hidden = true;
}

// The device -------------------------------------------------------------------------------
async function access() {
  const response = await fetch(words.access, { method: 'POST', body: new FormData(form) });
  if (!response.ok || response.redirected) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

function listen() {
  device.on('connection', ({ state, ...detail }) => {
    showState(state, detail);
    showFacts();
  });
  device.on('message', (message) => {
    threadId = message.thread?.id ?? threadId;
    addBubble(message, 'delivered');
    window.consolePage?.announce?.(words.arrived.replace('{text}', message.text));
  });
  device.on('sent', ({ ref, tid }) => {
    setState(ref, 'sent', tid);
    showFacts();
  });
  device.on('failed', ({ ref }) => setState(ref, 'failed'));
  device.on('wire', addLine);
}

async function loadHistory() {
  const { threads } = await device.threads.list({ limit: 1 });
  if (!threads.length) return;
  threadId = threads[0].id;
  const messages = await device.threads.messages(threadId, { limit: HISTORY });
  const oldestFirst = messages.filter((message) => message.text).sort((a, b) => a.at - b.at);
  for (const message of oldestFirst) {
    const status = String(message.raw.status ?? '').toLowerCase();
    addBubble(message, message.outgoing ? 'sent' : message.raw.read_at || status === 'read' ? 'read' : 'delivered');
  }
}

async function connect(userId) {
  const app = await access();
  if (device) await shutdown(appId);
  appId = app.appId;
  // Each tab is a device of its own: what it keeps lives as long as the tab.
  device = startup(app.appId, app.clientKey, { storage: sessionStorage });
  listen();
  one('[data-phone-title]').textContent = app.name;
  bubbles.replaceChildren();
  shown.clear();
  threadId = null;
  one('[data-phone-empty]').hidden = false;
  if (!(await register(userId))) return;
  showFacts();
  await loadHistory();
  await device.connect();
}

/** Register; where the app asks for a PIN, send one the first time and ask for it. */
async function register(userId) {
  const field = one('[data-pin-field]');
  const { pin } = form.elements;
  const isAsked = !field.hidden && field.dataset.user === userId;
  if (isAsked) await device.authentication.validatePin(userId, pin.value.trim());
  try {
    await device.register({ userId });
  } catch (error) {
    if (error.reason !== 'pin') throw error;
    await device.authentication.generatePin(userId);
    field.dataset.user = userId;
    field.hidden = false;
    pin.value = '';
    one('[data-pin-said]').textContent = '';
    pin.focus();
    showState('closed');
    return false;
  }
  field.hidden = true;
  return true;
}

// Which users an app takes is its own affair.
function showHint() {
  const needsProfile = 'needsProfile' in form.elements.app.selectedOptions[0].dataset;
  one('[data-any-user]').hidden = needsProfile;
  one('[data-known-user]').hidden = !needsProfile;
}
form.elements.app.addEventListener('change', showHint);
showHint();

form.elements.user.addEventListener('input', () => {
  one('[data-pin-field]').hidden = true;
});

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const input = form.elements.user;
  const { pin } = form.elements;
  const userId = input.value.trim();
  if (!userId) return trouble(input, words.needUser);
  if (/[/+#*>]/.test(userId)) return trouble(input, words.badUser);
  trouble(input, '');
  trouble(pin, '');
  const isPin = !one('[data-pin-field]').hidden;
  if (isPin && !pin.value.trim()) return trouble(pin, words.needPin);
  showState('connecting');
  try {
    await connect(userId);
  } catch (error) {
    if (device?.state !== 'refused') showState('closed');
    trouble(isPin && error.reason === 'pin' ? pin : input, words.trouble.replace('{why}', error.message));
  }
  return undefined;
});

one('[data-pin-again]').addEventListener('click', async () => {
  const { pin } = form.elements;
  const said = one('[data-pin-said]');
  trouble(pin, '');
  said.textContent = '';
  try {
    await device.authentication.generatePin(one('[data-pin-field]').dataset.user);
    said.textContent = words.pinSent;
    pin.value = '';
  } catch (error) {
    trouble(pin, words.trouble.replace('{why}', error.message));
  }
});

one('[data-device-disconnect]').addEventListener('click', async () => {
  await device.disconnect();
  one('[data-device-connect]').focus();
});

composer.addEventListener('submit', async (event) => {
  event.preventDefault();
  const input = document.getElementById('composer-text');
  const text = input.value.trim();
  if (!text) return trouble(input, words.needText);
  if (!device?.session) return trouble(input, words.closed);
  trouble(input, '');
  input.value = '';
  try {
    const message = await device.publish({ text, threadId: threadId ?? undefined });
    addBubble(message, message.tid ? 'sent' : 'queued');
  } catch (error) {
    input.value ||= text;
    trouble(input, words.trouble.replace('{why}', error.message));
  }
  showFacts();
  return undefined;
});

one('[data-wire-clear]').addEventListener('click', () => {
  wire.replaceChildren();
  one('[data-wire-empty]').hidden = false;
});
reads.addEventListener('change', readWhatIsSeen);
document.addEventListener('visibilitychange', readWhatIsSeen);
