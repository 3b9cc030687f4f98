/**
 * The RTMS API of the gateway.
 * @module rest
 */
import { ErrorCode, SdkError } from './errors.js';

/** Milliseconds that one call may take. */
const TIMEOUT = 10_000;
const UPLOAD_TIMEOUT = 60_000;
/** Codes that say that the app, the thread or the topic does not allow it. */
const NOT_SUPPORTED = new Set([62, 67]);
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

  /**
   * @param {string} path
   * @param {{failure?: number}} [options]
   */
  remove(path, options = {}) {
    return this.#call('DELETE', path, undefined, options);
  }

  /**
   * Upload a file; the browser writes the parts of the form.
   * @param {string} path below `/rtmsAPI/api/v1`
   * @param {FormData} form
   */
  upload(path, form) {
    return this.#fetch(`${this.#base.replace(/v3$/, 'v1')}${path}`, {
      method: 'POST',
      headers: this.#headers(),
      body: form,
      signal: AbortSignal.timeout(UPLOAD_TIMEOUT),
    });
  }

  #headers() {
    const headers = { secretKey: this.#clientKey, Accept: 'application/json' };
    if (this.accessToken) headers.accessToken = this.accessToken;
    return headers;
  }

  async #call(method, path, body, { failure = ErrorCode.UNKNOWN, keepalive = false }) {
    const headers = this.#headers();
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    const options = {
      method,
      headers,
      keepalive,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT),
    };
    return this.#fetch(this.#base + path, options, failure);
  }

  async #fetch(url, options, failure = ErrorCode.UNKNOWN) {
    let response;
    try {
      response = await fetch(url, { ...options, credentials: 'omit', cache: 'no-store' });
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
  const kind = NOT_SUPPORTED.has(code) ? ErrorCode.NOT_SUPPORTED : failure;
  throw new SdkError(kind, answer.description || `The call was refused (HTTP ${status}).`, {
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
