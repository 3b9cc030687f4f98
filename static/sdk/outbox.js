/**
 * What the device wants to say: kept until it is said, in order, over a reload.
 * @module outbox
 */
import { delayAfter } from './backoff.js';
import { SdkError } from './errors.js';

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
  #running = false;
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

  /** @param {Item} item */
  add(item) {
    this.#items.push(item);
    // A device that was away for a month says its latest thousand things.
    while (this.#items.length > MOST) this.#items.shift();
    this.#keep();
    return this.flush();
  }

  /** Say what waits; resolves when all is said or the network is gone. */
  async flush() {
    if (this.#running) return;
    this.#running = true;
    clearTimeout(this.#timer);
    try {
      while (this.#items.length) {
        if (!(await this.#say(this.#items[0]))) return;
      }
    } finally {
      this.#running = false;
    }
  }

  clear() {
    clearTimeout(this.#timer);
    this.#items = [];
    this.#keep();
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
    this.#done(item, result);
    return true;
  }

  #keep() {
    this.#store.write('outbox', this.#items);
  }
}
