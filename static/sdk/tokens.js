/**
 * The JWT that the app's own server signs for its user, where the app asks for one.
 * @module tokens
 */
import { ErrorCode, SdkError } from './errors.js';

/** Milliseconds before its end at which a token is not used any more. */
const MARGIN = 5_000;

/** Keeps the token of a provider as long as it is good. */
export class Tokens {
  #provider;
  #token = '';

  /** @param {(() => string | Promise<string>) | undefined} provider */
  constructor(provider) {
    this.#provider = provider;
  }

  /** Whether the app gives tokens at all. */
  get areThere() {
    return Boolean(this.#provider);
  }

  /**
   * @returns {Promise<string>} one that has not expired; nothing without a provider. Rejects
   *   with a temporary `SdkError` when the provider fails: its server may be there later
   */
  async token() {
    if (this.#provider && (!this.#token || hasExpired(this.#token))) {
      try {
        this.#token = await this.#provider();
      } catch (cause) {
        throw new SdkError(ErrorCode.SERVER_UNREACHABLE, 'The app gave no token.', { cause });
      }
    }
    return this.#token;
  }

  /** Ask the provider at the next call: the token was refused. */
  forget() {
    this.#token = '';
  }
}

/** Read `exp` without checking the token, which is the platform's to do. */
function hasExpired(token) {
  try {
    const body = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
    const { exp = Infinity } = JSON.parse(atob(body));
    return exp * 1000 - MARGIN <= Date.now();
  } catch {
    return false;
  }
}
