/**
 * What a device says and hears: calls of the API that renew what has ended, and payloads that
 * are encrypted where the app asks for it.
 * @module calls
 */
import { isCurable, isEnding, SdkError } from './errors.js';
import { seal, unseal } from './sealing.js';

/** Milliseconds within which the payload key is not asked for again. */
const KEY_PAUSE = 60_000;
const RENEWALS = 1;

export class Calls {
  #registration;
  #ended;
  #renewals = 0;
  #keyAskedAt = -Infinity;
  #asking = null;

  /**
   * @param {import('./registration.js').Registration} registration
   * @param {(error: SdkError) => Promise<void>} ended called when another registration has ended
   *   this one
   */
  constructor(registration, ended) {
    this.#registration = registration;
    this.#ended = ended;
  }

  /**
   * Call the API; where it says that a token or key has ended, renew it and call again.
   * @template T
   * @param {() => Promise<T>} call
   * @returns {Promise<T>}
   */
  async called(call) {
    try {
      return await call();
    } catch (error) {
      if (!isCurable(error)) {
        await this.#note(error);
        throw error;
      }
      await this.renew();
      return call();
    }
  }

  async renew() {
    try {
      await this.#registration.renew();
    } catch (error) {
      await this.#note(error);
      throw error;
    }
  }

  /** @returns {Promise<boolean>} whether another try to connect has sense; may reject with why */
  async renewOnce() {
    if (this.#renewals >= RENEWALS) return false;
    this.#renewals += 1;
    try {
      await this.#registration.renew();
      return true;
    } catch (error) {
      if (isEnding(error) || error.reason === 'jwt') throw error;
      const mayLater = error instanceof SdkError && error.temporary;
      // Nobody has refused to renew yet.
      if (mayLater) this.#renewals = 0;
      return mayLater;
    }
  }

  /** The connection is there: the next refusal is a new one. */
  connected() {
    this.#renewals = 0;
  }

  /** The policy was read, and with it the key in force. */
  keyIsFresh() {
    this.#keyAskedAt = -Infinity;
  }

  /**
   * @param {unknown} body
   * @returns {Promise<string>} as the broker gets it
   */
  async sealed(body) {
    const { payloadKey } = this.#registration.need();
    return payloadKey ? seal(payloadKey, body) : JSON.stringify(body);
  }

  /**
   * @param {string} text a payload of the broker
   * @returns {Promise<string>} JSON; rejects with an `SdkError` when no key opens it
   */
  async opened(text) {
    // Plain, also from an app that encrypts, in the moment in which that changes.
    if (text.startsWith('{')) return text;
    try {
      return await this.#open(text);
    } catch {
      await this.#freshKey();
      return this.#open(text);
    }
  }

  async #open(text) {
    return JSON.stringify(await unseal(this.#registration.need().payloadKey ?? '', text));
  }

  /** Ask for the key in force, for all payloads of a minute once. */
  #freshKey() {
    if (!this.#asking && performance.now() - this.#keyAskedAt > KEY_PAUSE) {
      this.#keyAskedAt = performance.now();
      this.#asking = this.renew().finally(() => (this.#asking = null));
    }
    return this.#asking;
  }

  async #note(error) {
    if (isEnding(error)) await this.#ended(error);
  }
}
