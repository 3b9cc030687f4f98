/**
 * Duplicate suppression: a message may come again from the broker, from the gateway's retry
 * and from what was pending; the app sees it once.
 * @module seen
 */

/** How many messages are remembered. */
export const REMEMBERED = 500;

/** The last {@link REMEMBERED} messages of a device, kept over a reload. */
export class Seen {
  #store;
  #name;
  #keys;

  /**
   * @param {import('./storage.js').Store} store
   * @param {string} deviceId
   */
  constructor(store, deviceId) {
    this.#store = store;
    this.#name = `seen.${deviceId}`;
    this.#keys = new Set(store.read(this.#name, []));
  }

  /**
   * Remember a message. One may come to all devices of its user, and again to this one by its
   * name; events of several devices tell of one message.
   * @param {{type: string, deviceId: string, tid: string}} message
   * @returns {boolean} whether it is new
   */
  add({ type, deviceId, tid }) {
    const key = `${type}|${type === 'message' ? '' : deviceId}|${tid}`;
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    for (const oldest of this.#keys) {
      if (this.#keys.size <= REMEMBERED) break;
      this.#keys.delete(oldest);
    }
    this.#store.write(this.#name, [...this.#keys]);
    return true;
  }

  /** Forget everything, as after `unregister`. */
  clear() {
    this.#keys.clear();
    this.#store.remove(this.#name);
  }
}
