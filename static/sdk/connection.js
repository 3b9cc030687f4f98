/**
 * The MQTT connection of a device over WebSocket: kept open, and made again when it is lost.
 * @module connection
 */
import mqtt from '../vendor/mqtt.esm.js';
import { delayAfter } from './backoff.js';
import { ErrorCode, SdkError } from './errors.js';

/** Milliseconds and seconds, as mqtt.js takes them. */
const CONNECT_TIMEOUT = 10_000;
const KEEP_ALIVE = 30;
const PUBLISH_TIMEOUT = 5_000;
/** Refusals of CONNACK that waiting does not cure: user name or password, not authorised. */
const REFUSALS = new Set([4, 5, 134, 135]);

/**
 * Words of `state`: `closed`, `connecting`, `connected`, `waiting` (for the next try) and
 * `refused`.
 * @typedef {'closed' | 'connecting' | 'connected' | 'waiting' | 'refused'} ConnectionState
 *
 * @typedef {object} Access
 * @property {string} url of the WebSocket
 * @property {boolean} isLastWay whether there is no other URL to try before a pause
 * @property {string} clientId
 * @property {string} username
 * @property {string} password
 * @property {string[]} topics to subscribe
 */

/** One connection; it asks for its access before every try, since a token may be renewed. */
export class Connection {
  /** @type {ConnectionState} */
  state = 'closed';
  #client = null;
  #timer = 0;
  #failures = 0;
  #turn = 0;
  #isLastWay = true;
  #wanted = false;
  /** Tries and questions that are under way: what follows is theirs to decide. */
  #busy = 0;
  #waiting = [];
  #access;
  #on;

  /**
   * @param {(turn: number) => Promise<Access>} access `turn` counts tries since the last pause
   * @param {{state: (state: ConnectionState, detail: {retryIn?: number, error?: Error}) => void,
   *   message: (topic: string, payload: Uint8Array) => void,
   *   refused: () => Promise<boolean>}} on `refused` answers whether another try has sense, or
   *   rejects with the `SdkError` that says why there is none
   */
  constructor(access, on) {
    this.#access = access;
    this.#on = on;
    this.#listen();
  }

  /** @returns {Promise<void>} once connected and subscribed; it waits out a lost network */
  open() {
    this.#wanted = true;
    const opened = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    if (!this.#client && !this.#timer && !this.#busy) this.#try();
    return opened;
  }

  /** Close for good; `open` begins anew. */
  close() {
    return this.#close(false);
  }

  async #close(hasNoGoodbye) {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#failures = this.#turn = 0;
    const client = this.#client;
    this.#client = null;
    this.#settle(new SdkError(ErrorCode.CONNECTION_FAILED, 'The connection was closed.'));
    if (client) {
      client.removeAllListeners('close');
      await client.endAsync(hasNoGoodbye).catch(() => {});
    }
    this.#become('closed');
  }

  /**
   * Close for good, because the platform does not want this device any more.
   * @param {SdkError} error
   */
  async refuse(error) {
    if (this.state === 'refused') return;
    // The platform is closing the connection too: there is nobody to say goodbye to.
    await this.#close(true);
    this.#become('refused', { error });
  }

  /**
   * Publish with QoS 1.
   * @param {string} topic
   * @param {string} payload
   * @returns {Promise<void>} once the broker has it
   */
  async publish(topic, payload) {
    const client = this.#client;
    if (!client || this.state !== 'connected') {
      throw new SdkError(ErrorCode.NOT_CONNECTED, 'Not connected. Call connect first.');
    }
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error('no answer from the broker')), PUBLISH_TIMEOUT);
    });
    try {
      await Promise.race([client.publishAsync(topic, payload, { qos: 1 }), late]);
    } catch (cause) {
      throw new SdkError(ErrorCode.PUBLISH_FAILED, 'The broker did not take it.', { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  async #try() {
    this.#busy += 1;
    this.#become('connecting');
    try {
      const access = await this.#access(this.#turn);
      this.#isLastWay = access.isLastWay;
      if (this.#wanted) this.#start(access);
    } catch (error) {
      this.#lost(error);
    } finally {
      this.#busy -= 1;
    }
  }

  #start(access) {
    const client = mqtt.connect(access.url, {
      clientId: access.clientId,
      username: access.username,
      password: access.password,
      clean: false,
      keepalive: KEEP_ALIVE,
      connectTimeout: CONNECT_TIMEOUT,
      reconnectPeriod: 0,
      resubscribe: false,
      // The default timer is a worker made from a blob, which a strict CSP refuses.
      timerVariant: 'native',
    });
    this.#client = client;
    let reason;
    client.on('error', (error) => (reason = error));
    client.on('message', (topic, payload) => this.#on.message(topic, payload));
    client.on('connect', () => this.#subscribe(client, access.topics));
    client.on('close', () => {
      if (this.#client !== client) return;
      this.#client = null;
      client.end(true);
      this.#lost(reason);
    });
  }

  async #subscribe(client, topics) {
    try {
      await client.subscribeAsync(topics, { qos: 1 });
    } catch {
      client.end(true);
      return;
    }
    if (this.#client !== client) return;
    this.#failures = 0;
    this.#isLastWay = true;
    this.#become('connected');
    this.#settle();
  }

  async #lost(error) {
    if (!this.#wanted) return;
    this.#busy += 1;
    const refusal = REFUSALS.has(error?.code) ? await this.#refusal(error) : this.#hopeless(error);
    this.#busy -= 1;
    if (!this.#wanted) return;
    if (refusal) {
      this.#wanted = false;
      this.#become('refused', { error: refusal });
      this.#settle(refusal);
      return;
    }
    if (!this.#isLastWay && !REFUSALS.has(error?.code)) {
      this.#turn += 1;
      this.#try();
      return;
    }
    this.#turn = 0;
    this.#failures += 1;
    const retryIn = delayAfter(this.#failures);
    this.#timer = setTimeout(() => this.#again(), retryIn);
    this.#become('waiting', { retryIn, error });
  }

  /** @returns {Promise<SdkError | null>} why the platform does not want this device */
  async #refusal(cause) {
    try {
      if (await this.#on.refused()) return null;
    } catch (error) {
      if (error instanceof SdkError) return error;
    }
    return new SdkError(
      ErrorCode.CONNECTION_FAILED,
      'The platform refused the connection. Check the App ID and the client key.',
      { cause },
    );
  }

  /** What waiting does not cure: there is nowhere to connect to, or nobody to be. */
  #hopeless(error) {
    const isSo = [ErrorCode.NOT_SUPPORTED, ErrorCode.NOT_REGISTERED].includes(error?.code);
    return isSo ? error : null;
  }

  #again() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (this.#wanted && !this.#client) this.#try();
  }

  #listen() {
    // A network that is back is no reason to wait out the delay.
    globalThis.addEventListener?.('online', () => {
      if (this.#timer) this.#again();
    });
  }

  #settle(error) {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (error) reject(error);
      else resolve();
    }
  }

  #become(state, detail = {}) {
    this.state = state;
    this.#on.state(state, detail);
  }
}
