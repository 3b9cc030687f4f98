/**
 * Payloads of an app that encrypts: AES-256-CBC, a random IV in front, in base64 (WebCrypto).
 * @module sealing
 */
import { ErrorCode, SdkError } from './errors.js';

const IV_BYTES = 16;
const NAME = 'AES-CBC';
const keys = new Map();

/**
 * @param {string} key 32 bytes in base64
 * @param {unknown} value JSON
 * @returns {Promise<string>}
 */
export async function seal(key, value) {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const made = await subtle().encrypt({ name: NAME, iv }, await imported(key), plain);
  const all = new Uint8Array(IV_BYTES + made.byteLength);
  all.set(iv);
  all.set(new Uint8Array(made), IV_BYTES);
  return toBase64(all);
}

/**
 * @param {string} key
 * @param {string} text
 * @returns {Promise<any>} the JSON value; rejects with an `SdkError` whose reason is `encryption`
 */
export async function unseal(key, text) {
  try {
    const raw = fromBase64(text);
    const iv = raw.subarray(0, IV_BYTES);
    const sealed = raw.subarray(IV_BYTES);
    const plain = await subtle().decrypt({ name: NAME, iv }, await imported(key), sealed);
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain));
  } catch (cause) {
    if (cause instanceof SdkError) throw cause;
    throw new SdkError(
      ErrorCode.INVALID_RESPONSE,
      'What the platform says cannot be decrypted: the key of this user is another one.',
      { cause, reason: 'encryption' },
    );
  }
}

function subtle() {
  if (globalThis.crypto?.subtle) return globalThis.crypto.subtle;
  const words = 'This app encrypts payloads, which browsers allow on HTTPS pages and localhost only.';
  throw new SdkError(ErrorCode.NOT_SUPPORTED, words);
}

function imported(key) {
  if (!keys.has(key)) {
    const made = subtle().importKey('raw', fromBase64(key), NAME, false, ['encrypt', 'decrypt']);
    made.catch(() => keys.delete(key));
    keys.set(key, made);
  }
  return keys.get(key);
}

function toBase64(bytes) {
  let text = '';
  // A call takes so many arguments at most.
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
