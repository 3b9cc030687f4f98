/**
 * Which page of a site has which outbox: each page one of its own. That of a page that is gone
 * is for whichever page takes it first.
 *
 * A page holds a Web Lock for its outbox as long as it lives. Browsers have those on https and
 * localhost alone; elsewhere a page leaves a mark that it is alive, and takes it away as it goes.
 * @module tabs
 */
import { newRef } from './messages.js';

const OUTBOX = 'outbox';
/** In so many milliseconds a page that is just closing has let its lock go. */
const LEAVING = 250;
/** Marks: so often they are made, and after so long a page without one is gone. Browsers let the
 *  timers of a hidden page run once a minute. */
const AGAIN = 20_000;
const GONE = 180_000;

export class Tabs {
  /** The name of this page's outbox in the store. */
  name;
  /** Resolves once nobody else takes this page's outbox for one of a page that is gone. */
  ready;
  #store;
  #locks;
  #watched = new Set();
  /** @type {((name: string) => void) | null} */
  #take = null;
  /** @type {() => void} */
  #taken = () => {};

  /**
   * @param {import('./storage.js').Store} store
   * @param {LockManager | undefined} [locks]
   */
  constructor(store, locks = globalThis.navigator?.locks) {
    this.#store = store;
    this.#locks = locks;
    if (!store.isListed) {
      // What another page has left could not be found in it: it is this page's alone.
      this.name = OUTBOX;
      this.ready = Promise.resolve();
      return;
    }
    this.name = `${OUTBOX}.${newRef()}`;
    this.ready = locks ? this.#hold() : this.#mark();
    globalThis.addEventListener?.('storage', ({ key }) => {
      if (key?.startsWith(store.prefix + OUTBOX)) this.#look();
    });
  }

  /** @returns {string[]} the outboxes of all pages */
  get names() {
    return this.#store.isListed ? this.#store.names(OUTBOX) : [this.name];
  }

  /**
   * Take the outboxes of pages that are gone; resolves when all that are now have been taken.
   * Those of other pages are taken as they go.
   * @param {(name: string) => void} take
   * @param {() => void} taken called when one was taken later
   */
  takeOrphans(take, taken) {
    this.#take = take;
    this.#taken = taken;
    return this.#look();
  }

  /** @returns {Promise<boolean>} whether something was taken without locks */
  async #look() {
    if (!this.#take) return false;
    const foreign = this.names.filter((name) => name !== this.name && !this.#watched.has(name));
    if (!this.#locks) return foreign.map((name) => this.#check(name)).some(Boolean);
    await Promise.all(foreign.map((name) => this.#watch(name)));
    return false;
  }

  // With locks ---------------------------------------------------------------------------------

  #lock(name) {
    return this.#store.prefix + name;
  }

  #hold() {
    return new Promise((resolve) => {
      const forever = () => {
        resolve();
        return new Promise(() => {});
      };
      this.#locks.request(this.#lock(this.name), forever).catch(resolve);
    });
  }

  async #watch(name) {
    this.#watched.add(name);
    const take = () => {
      this.#take(name);
      this.#watched.delete(name);
    };
    try {
      const signal = AbortSignal.timeout(LEAVING);
      await this.#locks.request(this.#lock(name), { signal }, take);
    } catch {
      // Its page is alive. What it leaves one day, this page takes if it is the first to ask.
      this.#locks.request(this.#lock(name), take).then(() => this.#taken(), () => {});
    }
  }

  // Without ------------------------------------------------------------------------------------

  async #mark() {
    const mark = () => this.#store.write(`tab.${this.name}`, Date.now());
    mark();
    setInterval(async () => {
      mark();
      if (await this.#look()) this.#taken();
    }, AGAIN);
    globalThis.addEventListener?.('pagehide', () => this.#store.remove(`tab.${this.name}`));
    globalThis.addEventListener?.('pageshow', mark);
  }

  #check(name) {
    if (Date.now() - this.#store.read(`tab.${name}`, 0) < GONE) return false;
    this.#take(name);
    this.#store.remove(`tab.${name}`);
    return true;
  }
}
