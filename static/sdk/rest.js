/**
 * The RTMS API of the gateway.
 * @module rest
 */
import { conflict, ErrorCode, isEnding, SdkError } from './errors.js';
import { seal, unseal } from './sealing.js';
import { Tokens } from './tokens.js';

/** Milliseconds that one call may take. */
const TIMEOUT = 10_000;
const UPLOAD_TIMEOUT = 60_000;
/** Bytes that browsers let a call carry that outlives its page (Fetch, "keepalive"), less some. */
const MOST_OF_KEEPALIVE = 60_000;
/** Codes that say that the app, the thread or the topic does not allow it. */
const NOT_SUPPORTED = new Set([62, 67]);

/** Calls `https://<domain>/rtmsAPI/api/v3` for one app. */
export class Rest {
  #base;
  #clientKey;
  #tokens;
  /** @type {string} set after registration */
  accessToken = '';
  /** @type {string} set where the app encrypts payloads */
  payloadKey = '';

  /**
   * @param {string} domain origin of the platform, such as `https://connect.example.com`
   * @param {string} clientKey
   * @param {() => string | Promise<string>} [tokenProvider]
   */
  constructor(domain, clientKey, tokenProvider) {
    this.#base = `${domain}/rtmsAPI/api/v3`;
    this.#clientKey = clientKey;
    this.#tokens = new Tokens(tokenProvider);
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
   * @param {{failure?: number, keepalive?: boolean, plain?: boolean}} [options] `keepalive`
   *   lets the call outlive the page; a `plain` body is never encrypted
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
      body: form,
      timeout: UPLOAD_TIMEOUT,
    });
  }

  async #headers(type) {
    const headers = { secretKey: this.#clientKey, Accept: 'application/json' };
    if (this.accessToken) headers.accessToken = this.accessToken;
    const token = await this.#tokens.token();
    if (token) headers.Authorization = `Bearer ${token}`;
    if (type) headers['Content-Type'] = type;
    return headers;
  }

  async #call(method, path, body, options) {
    const { failure = ErrorCode.UNKNOWN, keepalive = false, plain = false } = options;
    const key = plain ? '' : this.payloadKey;
    const sent = key && body !== undefined ? { encrypted: await seal(key, body) } : body;
    const text = sent === undefined ? undefined : JSON.stringify(sent);
    const request = {
      method,
      keepalive: keepalive && new Blob([text]).size <= MOST_OF_KEEPALIVE,
      body: text,
      type: sent === undefined ? '' : 'application/json',
      timeout: TIMEOUT,
    };
    const answer = await this.#fetch(this.#base + path, request, failure);
    return 'encrypted' in answer ? unseal(this.payloadKey, answer.encrypted) : answer;
  }

  /** A refused JWT is asked for anew, once. */
  async #fetch(url, request, failure = ErrorCode.UNKNOWN) {
    try {
      return await this.#once(url, request, failure);
    } catch (error) {
      if (error.reason !== 'jwt' || !this.#tokens.areThere) throw error;
      this.#tokens.forget();
      return this.#once(url, request, failure);
    }
  }

  async #once(url, { method, body, keepalive, type, timeout }, failure) {
    const headers = await this.#headers(type);
    const signal = AbortSignal.timeout(timeout);
    const options = { method, headers, body, keepalive, signal };
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
  let text;
  try {
    text = await response.text();
  } catch (cause) {
    // Lost on its way: whatever was asked may be done, and is to be asked again.
    const words = 'The answer of the platform was cut off. Check the network.';
    throw new SdkError(ErrorCode.SERVER_UNREACHABLE, words, { cause });
  }
  let answer;
  try {
    answer = Object(JSON.parse(text));
  } catch (cause) {
    throw new SdkError(
      ErrorCode.INVALID_RESPONSE,
      'The answer is not JSON. Check that the domain is the platform’s.',
      { cause, status },
    );
  }
  const code = Number(answer.code ?? 0);
  if (response.ok && code === 0) return answer;
  const words = answer.description || `The call was refused (HTTP ${status}).`;
  const details = { gateway: code || null, status, reason: answer.reason ?? '' };
  const refusal = conflict(words, details.reason, details);
  if (isEnding(refusal)) throw refusal;
  const kind = NOT_SUPPORTED.has(code) ? ErrorCode.NOT_SUPPORTED : failure;
  throw new SdkError(kind, words, details);
}
