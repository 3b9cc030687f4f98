/**
 * The RTMS API of the gateway.
 * @module rest
 */
import { ErrorCode, SdkError } from './errors.js';

/** Milliseconds that one call may take. */
const TIMEOUT = 10_000;
/** Codes of the RTMS API that say that the token is no longer good. */
const TOKEN_CODES = new Set([38, 39, 40]);

/** Calls `https://<domain>/rtmsAPI/api/v3` for one app. */
export class Rest {
  #base;
  #clientKey;
  /** @type {string} set after registration */
  accessToken = '';

  /**
   * @param {string} domain origin of the platform, such as `https://connect.example.com`
   * @param {string} clientKey
   */
  constructor(domain, clientKey) {
    this.#base = `${domain}/rtmsAPI/api/v3`;
    this.#clientKey = clientKey;
  }

  /**
   * @param {string} path below the version, its parts already encoded
   * @param {{query?: Record<string, string | number>, failure?: number}} [options]
   */
  get(path, options = {}) {
    const query = new URLSearchParams(
      Object.entries(options.query ?? {}).map(([name, value]) => [name, String(value)]),
    );
    return this.#call('GET', query.size ? `${path}?${query}` : path, undefined, options);
  }

  /**
   * @param {string} path
   * @param {unknown} body
   * @param {{failure?: number, keepalive?: boolean}} [options] `keepalive` lets the call
   *   outlive the page
   */
  post(path, body, options = {}) {
    return this.#call('POST', path, body, options);
  }

  /**
   * @param {string} path
   * @param {unknown} body
   */
  put(path, body) {
    return this.#call('PUT', path, body, {});
  }

  async #call(method, path, body, { failure = ErrorCode.UNKNOWN, keepalive = false }) {
    const headers = { secretKey: this.#clientKey, Accept: 'application/json' };
    if (this.accessToken) headers.accessToken = this.accessToken;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    let response;
    try {
      response = await fetch(this.#base + path, {
        method,
        headers,
        keepalive,
        body: body === undefined ? undefined : JSON.stringify(body),
        credentials: 'omit',
        cache: 'no-store',
        signal: AbortSignal.timeout(TIMEOUT),
      });
    } catch (cause) {
      throw new SdkError(
        ErrorCode.SERVER_UNREACHABLE,
        'The platform does not answer. Check the network and the domain.',
        { cause },
      );
    }
    return answerOf(response, failure);
  }
}

async function answerOf(response, failure) {
  const { status } = response;
  if (status === 429 || status >= 500) {
    throw new SdkError(
      ErrorCode.SERVER_UNREACHABLE,
      `The platform is busy (HTTP ${status}). Try again in a moment.`,
      { status },
    );
  }
  let answer;
  try {
    answer = await response.json();
  } catch (cause) {
    throw new SdkError(
      ErrorCode.INVALID_RESPONSE,
      'The answer is not JSON. Check that the domain is the platform’s.',
      { cause, status },
    );
  }
  const code = Number(answer.code ?? 0);
  if (response.ok && code === 0) return answer;
  throw new SdkError(failure, answer.description || `The call was refused (HTTP ${status}).`, {
    gateway: code || null,
    status,
  });
}

/**
 * @param {unknown} error
 * @returns {boolean} whether registering anew may cure it
 */
export function isTokenError(error) {
  if (!(error instanceof SdkError)) return false;
  return error.status === 401 || TOKEN_CODES.has(error.gateway ?? 0);
}
