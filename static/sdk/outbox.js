/**
 * What the device wants to say: kept until it is said, in order, over a reload. Each page of a
 * site says what it has itself, and what pages have left that are gone.
 * @module outbox
 */
import { delayAfter } from './backoff.js';
import { ErrorCode, SdkError } from './errors.js';
import { Tabs } from './tabs.js';

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
  #tabs;
  /** @type {Promise<void> | null} */
  #running = null;
  /** The id of the item that is being said. */
  #underWay = '';
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
    this.#tabs = new Tabs(store);
  }

  /** How many items wait, in all pages of the site. */
  get size() {
    return this.#tabs.names.reduce((sum, name) => sum + this.#store.read(name, []).length, 0);
  }

  /**
   * Keep an item and try to say it.
   * @param {Item} item
   * @returns {Promise<{answer?: any} | null>} null when it waits for the network; rejects when
   *   it was refused
   */
  async add(item) {
    await this.#tabs.ready;
    this.#keep([...this.#items, item]);
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
    this.#running ??= this.#run();
    return this.#running;
  }

  /** Forget what waits, of all pages: their device is somebody else's now. */
  clear() {
    clearTimeout(this.#timer);
    for (const name of this.#tabs.names) this.#store.remove(name);
  }

  /**
   * What this page has to say. The store is asked each time: another page may have taken it,
   * as after a computer slept, or cleared it.
   * @returns {Item[]}
   */
  get #items() {
    return this.#store.read(this.#tabs.name, []);
  }

  /** A device that was away for a month says its latest thousand things. */
  #keep(items) {
    for (let over = items.length - MOST; over > 0; over -= 1) {
      const [lost] = items.splice(items[0].id === this.#underWay ? 1 : 0, 1);
      const words = `More than ${MOST} messages and receipts waited; the oldest was dropped.`;
      this.#done(lost, { error: new SdkError(ErrorCode.PUBLISH_FAILED, words) });
    }
    if (items.length) this.#store.write(this.#tabs.name, items);
    else this.#store.remove(this.#tabs.name);
  }

  /** Take what a page has left that is gone; it is older than this page's own. */
  #adopt(name) {
    const left = this.#store.read(name, []);
    const known = new Set(left.map(({ id }) => id));
    if (left.length) this.#keep([...left, ...this.#items.filter(({ id }) => !known.has(id))]);
    this.#store.remove(name);
  }

  async #run() {
    try {
      await this.#tabs.ready;
      await this.#tabs.takeOrphans((name) => this.#adopt(name), () => this.flush());
      for (let [item] = this.#items; item; [item] = this.#items) {
        if (!(await this.#say(item))) return;
      }
    } finally {
      this.#running = null;
    }
  }

  async #say(item) {
    let result;
    this.#underWay = item.id;
    try {
      result = { answer: await this.#send(item) };
    } catch (error) {
      if (error instanceof SdkError && error.temporary) {
        this.#failures += 1;
        this.#timer = setTimeout(() => this.flush(), delayAfter(this.#failures));
        return false;
      }
      result = { error };
    } finally {
      this.#underWay = '';
    }
    this.#failures = 0;
    this.#keep(this.#items.filter((other) => other.id !== item.id));
    if (this.#results.has(item.id)) this.#results.set(item.id, result);
    this.#done(item, result);
    return true;
  }
}
