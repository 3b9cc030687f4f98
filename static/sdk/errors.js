/**
 * Errors of the SDK. The numbers are those that IMIconnect's SDKs document.
 * @module errors
 */

/** @enum {number} */
export const ErrorCode = Object.freeze({
  NOT_INITIALIZED: 6000,
  ALREADY_INITIALIZED: 6001,
  NOT_REGISTERED: 6002,
  NOT_SUPPORTED: 6003,
  INVALID_PARAMETER: 6004,
  PERMISSION_NOT_GRANTED: 6005,
  REGISTRATION_CONFLICT: 6006,
  ALREADY_PROCESSING: 6007,
  SERVER_UNREACHABLE: 6100,
  REGISTRATION_FAILED: 6101,
  INVALID_RESPONSE: 6102,
  NOT_CONNECTED: 6200,
  CONNECTION_FAILED: 6201,
  PUBLISH_FAILED: 6202,
  SUBSCRIBE_FAILED: 6203,
  UNSUBSCRIBE_FAILED: 6204,
  ALREADY_CONNECTED: 6205,
  UNKNOWN: 6999,
});

const TEMPORARY = new Set([ErrorCode.SERVER_UNREACHABLE, ErrorCode.NOT_CONNECTED]);

/** An error with a documented number; `gateway` is the gateway's own code where it gave one. */
export class SdkError extends Error {
  /**
   * @param {number} code one of {@link ErrorCode}
   * @param {string} message a sentence that says what to do
   * @param {{cause?: unknown, gateway?: number, status?: number, reason?: string}} [details]
   *   `status` is the HTTP status of the refusal, `reason` the gateway's word for programs
   */
  constructor(code, message, details = {}) {
    super(message, { cause: details.cause });
    this.name = 'SdkError';
    this.code = code;
    this.gateway = details.gateway ?? null;
    this.status = details.status ?? null;
    this.reason = details.reason ?? '';
  }

  /** Whether the same call may succeed later without a change. */
  get temporary() {
    const noAnswer = this.code === ErrorCode.PUBLISH_FAILED && this.status === null;
    return noAnswer || TEMPORARY.has(this.code);
  }
}

/** Reasons for which a device does not register again by itself. */
const ENDINGS = new Set(['replaced', 'taken', 'inactive']);
/** Codes that say that the token is no longer good, or that the device was forgotten. */
const CURABLE = new Set([7, 38, 39, 40]);

/**
 * @param {unknown} error
 * @returns {boolean} whether another registration has ended this device's
 */
export function isEnding(error) {
  return error instanceof SdkError && ENDINGS.has(error.reason);
}

/**
 * @param {string} message
 * @param {string} reason
 * @param {object} [details]
 */
export function conflict(message, reason, details = {}) {
  return new SdkError(ErrorCode.REGISTRATION_CONFLICT, message, { ...details, reason });
}

/**
 * @param {unknown} error
 * @returns {boolean} whether new tokens, and the payload key that comes with them, may cure it
 */
export function isCurable(error) {
  if (!(error instanceof SdkError) || isEnding(error) || error.reason === 'jwt') return false;
  return error.status === 401 || CURABLE.has(error.gateway) || error.reason === 'encryption';
}

/**
 * @param {boolean} holds
 * @param {string} message
 */
export function demand(holds, message) {
  if (!holds) throw new SdkError(ErrorCode.INVALID_PARAMETER, message);
}
