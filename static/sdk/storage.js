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

  /**
   * @template T
   * @param {string} name
   * @param {T} fallback returned where nothing, or nothing readable, is kept
   * @returns {T}
   */
  read(name, fallback) {
    try {
      const text = this.#area?.getItem(this.#prefix + name) ?? this.#memory.get(name);
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
