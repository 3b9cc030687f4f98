/**
 * What the device wants to say: kept until it is said, in order, over a reload.
 * @module outbox
 */
import { delayAfter } from './backoff.js';
import { ErrorCode, SdkError } from './errors.js';

const MOST = 1_000;

/**
 * @typedef {object} Item
 * @property {string} id the same on every try, so that the gateway keeps one
 * @property {'mo' | 'deliveryupdate'} kind
 * @property {Record<string, unknown>} body as the RTMS API takes it
 */

/** A queue in the store; `send` is called with one item at a time. */
export class Outbox {
  #store;
  #send;
  #done;
  /** @type {Item[]} */
  #items;
  /** @type {Promise<void> | null} */
  #running = null;
  #results = new Map();
  #failures = 0;
  #timer = 0;

  /**
   * @param {import('./storage.js').Store} store
   * @param {(item: Item) => Promise<unknown>} send rejects with an `SdkError`
   * @param {(item: Item, result: {answer?: any, error?: Error}) => void} done called once an
   *   item is said or refused
   */
  constructor(store, send, done) {
    this.#store = store;
    this.#send = send;
    this.#done = done;
    this.#items = store.read('outbox', []);
  }

  /** How many items wait. */
  get size() {
    return this.#items.length;
  }

  /**
   * Keep an item and try to say it.
   * @param {Item} item
   * @returns {Promise<{answer?: any} | null>} null when it waits for the network; rejects when
   *   it was refused
   */
  async add(item) {
    this.#items.push(item);
    this.#dropOldest();
    this.#keep();
    this.#results.set(item.id, null);
    await this.flush();
    const result = this.#results.get(item.id);
    this.#results.delete(item.id);
    if (result?.error) throw result.error;
    return result;
  }

  /** Say what waits; resolves when all is said or the network is gone. */
  flush() {
    clearTimeout(this.#timer);
    this.#running ??= this.#run().finally(() => (this.#running = null));
    return this.#running;
  }

  clear() {
    clearTimeout(this.#timer);
    this.#items = [];
    this.#keep();
  }

  /** A device that was away for a month says its latest thousand things. */
  #dropOldest() {
    // The first one may be under way.
    const first = this.#running ? 1 : 0;
    const over = Math.max(0, this.#items.length - MOST);
    for (const lost of this.#items.splice(first, over)) {
      const words = `More than ${MOST} messages and receipts waited; the oldest was dropped.`;
      this.#done(lost, { error: new SdkError(ErrorCode.PUBLISH_FAILED, words) });
    }
  }

  async #run() {
    while (this.#items.length) {
      if (!(await this.#say(this.#items[0]))) return;
    }
  }

  async #say(item) {
    let result;
    try {
      result = { answer: await this.#send(item) };
    } catch (error) {
      if (error instanceof SdkError && error.temporary) {
        this.#failures += 1;
        this.#timer = setTimeout(() => this.flush(), delayAfter(this.#failures));
        return false;
      }
      result = { error };
    }
    this.#failures = 0;
    this.#items = this.#items.filter((other) => other.id !== item.id);
    this.#keep();
    if (this.#results.has(item.id)) this.#results.set(item.id, result);
    this.#done(item, result);
    return true;
  }

  #keep() {
    this.#store.write('outbox', this.#items);
  }
}
