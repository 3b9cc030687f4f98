/**
 * What is kept over a reload: tokens, seen messages, and what waits to be sent.
 * @module storage
 */

/** JSON values of one app in `localStorage`; in memory where the browser has none. */
export class Store {
  #prefix;
  #area;
  #memory = new Map();

  /**
   * @param {string} appId
   * @param {Storage | null} [area] another place than `localStorage`; null keeps all in memory
   */
  constructor(appId, area = localArea()) {
    this.#prefix = `imiconnect.${appId}.`;
    this.#area = area;
  }

  /** What the names of this app begin with, for all pages of the site. */
  get prefix() {
    return this.#prefix;
  }

  /** Whether it can say what is in it; a place that an app has made itself may not. */
  get isListed() {
    return !this.#area || typeof this.#area.key === 'function';
  }

  /**
   * @param {string} start
   * @returns {string[]} the names that begin so
   */
  names(start) {
    const found = new Set(this.#memory.keys());
    try {
      for (let index = 0; index < (this.#area?.length ?? 0); index += 1) {
        const key = this.#area.key(index);
        if (key.startsWith(this.#prefix)) found.add(key.slice(this.#prefix.length));
      }
    } catch {
      // A browser that forbids storage has nothing in it.
    }
    return [...found].filter((name) => name.startsWith(start)).sort();
  }

  /**
   * @template T
   * @param {string} name
   * @param {T} fallback returned where nothing, or nothing readable, is kept
   * @returns {T}
   */
  read(name, fallback) {
    try {
      // What is in memory did not fit into the storage, and is newer.
      const text = this.#memory.get(name) ?? this.#area?.getItem(this.#prefix + name);
      return text ? JSON.parse(text) : fallback;
    } catch {
      return fallback;
    }
  }

  /**
   * @param {string} name
   * @param {unknown} value
   */
  write(name, value) {
    const text = JSON.stringify(value);
    try {
      if (!this.#area) throw new Error('no storage');
      this.#area.setItem(this.#prefix + name, text);
      this.#memory.delete(name);
    } catch {
      // No storage, or a full one: this page still works, a reload begins anew.
      this.#memory.set(name, text);
    }
  }

  /** @param {string} name */
  remove(name) {
    this.#memory.delete(name);
    try {
      this.#area?.removeItem(this.#prefix + name);
    } catch {
      // A browser that forbids storage has nothing to remove.
    }
  }
}

/** @returns {Storage | null} */
function localArea() {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
