/**
 * A device of an IMIconnect Mobile/Web app, in a browser.
 *
 * ```js
 * import { startup } from 'https://connect.example.com/static/sdk/imiconnect.js';
 * const device = startup('AB12345678', '<client key>', { domain: 'https://connect.example.com' });
 * device.on('message', (message) => console.log(message.text));
 * await device.register({ userId: 'alice' });
 * await device.connect();
 * await device.publish({ text: 'Hello' });
 * ```
 *
 * Events (`on(name, listener)`): `message` (a {@link import('./messages.js').Message}), `event`
 * (a message whose type is another), `connection` (`{state, retryIn?, error?}`), `sent` and
 * `failed` (`{ref, kind, tid?, error?}`), `policy`, `error` (an `SdkError`: what came cannot be
 * decrypted), and `wire` (`{direction, via, name, body}`: all that goes over the wire, decrypted,
 * for people who want to watch).
 * @module client
 */
import { UserAuthentication } from './authentication.js';
import { Calls } from './calls.js';
import { Connection } from './connection.js';
import { Emitter } from './emitter.js';
import { conflict, demand, ErrorCode, SdkError } from './errors.js';
import { Files } from './files.js';
import { formResponse, postback, quickReply } from './interactive.js';
import { messageFrom, newRef, parseMessage } from './messages.js';
import { Outbox } from './outbox.js';
import { Profile } from './profile.js';
import { Push } from './push.js';
import { Registration } from './registration.js';
import { Rest } from './rest.js';
import { Seen } from './seen.js';
import { inReceipts, messageBody, Speech } from './speech.js';
import { Store } from './storage.js';
import { Threads } from './threads.js';
import { Topics } from './topics.js';

const RECEIPT = Object.freeze({ DELIVERED: 2, READ: 3, CLICKED: 4 });
/** The event by which a device hears that another registration has ended its own. */
const REGISTRATION_ENDED = 'registrationEnded';

/**
 * @typedef {object} Options
 * @property {string} domain origin of the platform
 * @property {boolean} [automaticReceipts=true] say "delivered" for each new message
 * @property {Storage | null} [storage] another place than `localStorage`
 * @property {() => string | Promise<string>} [tokenProvider] returns a JWT that the app's server
 *   has signed for its user; called for the first, when the last one has expired or was refused.
 *   When it rejects it is called again later; until then what is to be sent waits
 */

export class Client extends Emitter {
  /** @type {Threads} */
  threads;
  /** @type {Topics} */
  topics;
  profile;
  authentication;
  #appId;
  #clientKey;
  #automatic;
  #store;
  #rest;
  #registration;
  #connection;
  #outbox;
  #seen = null;
  #calls;
  #files;
  #speech;
  #push;
  /** Payloads are decrypted one after the other, so that their order stays. */
  #reading = Promise.resolve();

  /**
   * @param {string} appId
   * @param {string} clientKey
   * @param {Options} options
   */
  constructor(appId, clientKey, { domain, automaticReceipts = true, storage, tokenProvider }) {
    super();
    this.#appId = appId;
    this.#clientKey = clientKey;
    this.#automatic = automaticReceipts;
    this.#store = new Store(appId, storage);
    this.#rest = new Rest(domain, clientKey, tokenProvider);
    this.#registration = new Registration(appId, domain, this.#rest, this.#store);
    this.#calls = new Calls(this.#registration, (error) => this.#ended(error));
    const shared = [appId, this.#registration, (call) => this.#called(call), this.#rest];
    this.threads = new Threads(...shared);
    this.#files = new Files(...shared);
    this.topics = new Topics(...shared);
    this.profile = new Profile(...shared);
    this.authentication = new UserAuthentication(appId, this.#registration, this.#rest);
    this.#push = new Push(appId, domain, this.#rest, this.#store, this.#registration);
    this.#outbox = new Outbox(
      this.#store,
      (item) => this.#speech.say(item),
      (item, result) => this.#said(item, result),
    );
    this.#connection = new Connection(async (turn) => this.#registration.access(clientKey, turn), {
      state: (state, detail) => this.#connectionBecame(state, detail),
      message: (topic, payload) => this.#arrived(topic, payload),
      refused: () => this.#calls.renewOnce(),
    });
    const log = (...line) => this.#log(...line);
    const reach = [this.#registration, this.#connection, this.#calls, this.#rest];
    this.#speech = new Speech(appId, ...reach, log);
    this.#remember();
  }

  /** The registration, or null before `register`. */
  get session() {
    return this.#registration.session;
  }

  /** @returns {import('./connection.js').ConnectionState} */
  get state() {
    return this.#connection.state;
  }

  /** How many messages and receipts wait to be sent, in all pages of the site. */
  get waiting() {
    return this.#outbox.size;
  }

  /**
   * Register this browser as a device of a user. Another user than before ends the connection.
   * @param {import('./registration.js').DeviceProfile} [profile]
   */
  async register(profile = {}) {
    const before = this.session?.userId;
    if (before && profile.userId !== undefined && profile.userId !== before) {
      await this.disconnect();
      this.#outbox.clear();
    }
    const session = await this.#registration.register(profile);
    this.#log('out', 'REST', 'register', { userId: session.userId, deviceId: session.deviceId });
    this.#remember();
    return { userId: session.userId, deviceId: session.deviceId };
  }

  /** Connect and stay connected; what is pending for this device comes at once. */
  async connect() {
    this.#registration.need();
    if (this.state === 'connected') {
      throw new SdkError(ErrorCode.ALREADY_CONNECTED, 'Connected already.');
    }
    await this.#connection.open();
  }

  async disconnect() {
    await this.#connection.close();
  }

  /** Disconnect, tell the platform to forget this device, and forget what was kept here. */
  async unregister() {
    await this.disconnect();
    await this.#registration.unregister();
    this.#outbox.clear();
    this.#seen?.clear();
  }

  /**
   * Give this browser to another user, as when a guest signs in; the registration stays. What
   * waited to be sent was the former user's and is dropped.
   * @param {string} userId
   */
  async setUserId(userId) {
    demand(!!userId, 'Give the user ID.');
    return this.#rename(userId);
  }

  /** Give this browser to a new guest. */
  async removeUserId() {
    return this.#rename('');
  }

  /**
   * Send a message (MO). Offline it waits in this browser and is sent later; then its `tid` is
   * empty until the event `sent` tells it for the message's `ref`.
   * Nobody replies to an announcement: error 6003.
   * @param {{text?: string, threadId?: string, topic?: string, category?: string,
   *   extras?: object, attachments?: object[], relatedTid?: string,
   *   interactiveData?: object}} content
   * @returns {Promise<import('./messages.js').Message & {ref: string}>}
   */
  async publish(content) {
    const clientId = this.#registration.clientId;
    const { text = '', threadId, attachments = [] } = content;
    if (threadId && this.threads.isAnnouncement(threadId)) {
      throw new SdkError(ErrorCode.NOT_SUPPORTED, 'Nobody replies to an announcement.');
    }
    demand(text !== '' || attachments.length > 0 || !!content.interactiveData, 'Give a text.');
    const body = messageBody(clientId, content);
    const ref = newRef();
    // The gateway stores a message once, however often a lost answer has it said again.
    body.clientRef = ref;
    const result = await this.#outbox.add({ id: ref, kind: 'mo', body });
    const { tid = '', created_on = new Date() } = result?.answer ?? {};
    const { userId, deviceId } = this.#registration.need();
    return { ...messageFrom({ ...body, tid, created_on, userId, deviceId }), ref };
  }

  /** @param {string} tid */
  markDelivered(tid) {
    return this.#receipt(RECEIPT.DELIVERED, { tid });
  }

  /** @param {string | string[]} tids */
  markRead(tids) {
    const all = [tids].flat();
    demand(all.length > 0, 'Give at least one tid.');
    return Promise.all(inReceipts(all).map((part) => this.#receipt(RECEIPT.READ, { tids: part })));
  }

  /**
   * @param {string} tid
   * @param {object} [interactiveData] what was clicked
   */
  markClicked(tid, interactiveData = {}) {
    return this.#receipt(RECEIPT.CLICKED, { tid, interactiveData });
  }

  /**
   * Answer a message by one of its quick replies.
   * @param {import('./messages.js').Message} message
   * @param {{identifier?: string, title?: string, payload?: unknown}} option
   */
  chooseQuickReply(message, option) {
    return this.#answer(message, option.title, quickReply(message, option));
  }

  /**
   * Answer a message by a button of its template.
   * @param {import('./messages.js').Message} message
   * @param {{identifier?: string, title?: string, payload?: unknown}} button
   */
  press(message, button) {
    return this.#answer(message, button.title, postback(button));
  }

  /**
   * Answer the form of a message.
   * @param {import('./messages.js').Message} message
   * @param {Record<string, string>} values by the names of the fields
   */
  async submitForm(message, values) {
    return this.#answer(message, '', formResponse(message, values));
  }

  /**
   * Hide a message from the lists of this user.
   * @param {string} tid
   */
  async deleteMessage(tid) {
    demand(!!tid, 'Give the tid of the message.');
    const { clientId } = this.#registration;
    await this.#called(() => this.#rest.post(`/${this.#appId}/message`, { clientId, tid }));
  }

  /**
   * Upload a file for a message: what it answers goes into `attachments` of `publish`.
   * @param {Blob} file images of at most 5 MB, other files of at most 16 MB
   * @param {{preview?: boolean}} [options]
   * @returns {Promise<{file: string, mediaId: string, contentType: string, size: number,
   *   preview?: string}>}
   */
  upload(file, { preview = true } = {}) {
    return this.#files.upload(file, preview);
  }

  /**
   * Get a fresh address for one that has expired.
   * @param {string} url
   */
  refreshMedia(url) {
    return this.#files.refresh(url);
  }

  /** Ask the visitor for web push, after a click; {@link import('./push.js').Push}. */
  subscribeToPush = (options) => this.#called(() => this.#push.subscribe(options));
  unsubscribeFromPush = () => this.#push.unsubscribe();

  /** Send what waits now. */
  flush() {
    return this.#outbox.flush();
  }

  async #rename(userId) {
    this.#registration.need();
    const wasOpen = !['closed', 'refused'].includes(this.state);
    await this.disconnect();
    try {
      const session = await this.#called(() => this.#registration.rename(userId));
      this.#outbox.clear();
      return { userId: session.userId, deviceId: session.deviceId };
    } finally {
      // Not waited for: without a network it takes as long as that is away.
      if (wasOpen && this.session) this.#connection.open().catch(() => {});
    }
  }

  #answer(message, text, interactiveData) {
    const threadId = message.thread?.id;
    return this.publish({ text: text ?? '', threadId, relatedTid: message.tid, interactiveData });
  }

  #receipt(status, what) {
    const clientId = this.#registration.clientId;
    const body = { status, channel: 'rt', clientId, ...what };
    return this.#outbox.add({ id: newRef(), kind: 'deliveryupdate', body });
  }

  #said({ id, kind }, { answer, error }) {
    if (error) this.emit('failed', { ref: id, kind, error });
    else this.emit('sent', { ref: id, kind, tid: answer?.tid ?? '' });
  }

  #called(call) {
    return this.#calls.called(call);
  }

  /** Another registration has ended this one; it does not come back by itself. */
  async #ended(error) {
    this.#registration.forget();
    await this.#connection.refuse(error);
  }

  #connectionBecame(state, detail) {
    if (state === 'connected') {
      this.#calls.connected();
      this.flush();
    }
    this.emit('connection', { state, ...detail });
  }

  #arrived(topic, payload) {
    const text = new TextDecoder().decode(payload);
    if (topic.startsWith(`${this.#appId}/Updates/`)) {
      this.#log('in', 'MQTT', topic, text);
      this.#policyChanged();
      return;
    }
    this.#reading = this.#reading.then(() => this.#read(topic, text));
  }

  async #read(topic, text) {
    if (!this.session) return;
    try {
      const plain = await this.#calls.opened(text);
      const message = parseMessage(plain);
      this.#log('in', 'MQTT', topic, message?.raw ?? plain);
      if (message) this.#take(message);
    } catch (error) {
      this.emit('error', error);
    }
  }

  #take(message) {
    const { type, tid } = message;
    if (type === REGISTRATION_ENDED) {
      const { reason = '' } = message.raw;
      const isMine = message.deviceId === this.session?.deviceId;
      if (isMine) this.#ended(conflict(message.text, String(reason)));
      return;
    }
    if (message.thread) this.threads._remember(message.thread);
    const isHere = message.deviceId === this.session?.deviceId;
    const isForAnother = !!message.deviceId && !isHere && !message.outgoing;
    // An echo of what this device has told, or a message for another device.
    if (type === 'message' ? isForAnother : isHere) return;
    const isNew = this.#seen?.add({ type, tid, deviceId: message.deviceId }) ?? true;
    // The first receipt may be what got lost, so a repeated message is confirmed again.
    if (type === 'message' && this.#automatic && !message.outgoing) {
      this.markDelivered(tid).catch((error) => console.warn('A receipt was refused.', error));
    }
    if (isNew) this.emit(type === 'message' ? 'message' : 'event', message);
  }

  async #policyChanged() {
    try {
      const policy = await this.#called(() => this.#registration.readPolicy());
      this.#calls.keyIsFresh();
      this.emit('policy', policy);
    } catch (error) {
      console.warn('The changed policy could not be read; the next change is read again.', error);
    }
  }

  #remember() {
    if (this.session) this.#seen = new Seen(this.#store, this.session.deviceId);
  }

  #log(direction, via, name, body) {
    this.emit('wire', { direction, via, name, body, at: new Date() });
  }
}
