/**
 * Web push: a browser's subscription, which needs neither a profile nor a contact detail.
 * @module push
 */
import { demand, ErrorCode, SdkError } from './errors.js';

/**
 * @typedef {object} PushState
 * @property {'subscribed' | 'denied' | 'unsupported' | 'off'} state `denied` by the visitor;
 *   `unsupported` here (also in private browsing); `off` after unsubscribing
 * @property {string} [pushId] under which the platform reaches this browser
 */

/** @returns {boolean} whether this browser can be pushed to on this page */
export function isPushSupported() {
  const { navigator = {}, isSecureContext = false } = globalThis;
  const has = 'serviceWorker' in navigator && 'PushManager' in globalThis;
  return isSecureContext && has && 'Notification' in globalThis;
}

/** @param {string} text base64url @returns {Uint8Array} */
export function keyBytes(text) {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

/**
 * Ask the visitor and subscribe; call it after a click, as Firefox and Safari want.
 * @param {{appId: string, domain: string, worker: string, scope?: string, key: string}} options
 * @returns {Promise<PushSubscription | null>} null when the visitor refuses
 */
export async function subscribeBrowser({ appId, domain, worker, scope, key }) {
  if ((await Notification.requestPermission()) !== 'granted') return null;
  const address = new URL(worker, location.href);
  address.searchParams.set('app', appId);
  address.searchParams.set('domain', domain);
  const registration = await navigator.serviceWorker.register(address, scope ? { scope } : {});
  await becameActive(registration);
  const applicationServerKey = keyBytes(key);
  const known = await registration.pushManager.getSubscription();
  if (known && isOfKey(known, applicationServerKey)) return known;
  // A subscription belongs to one key; the platform's may have changed.
  await known?.unsubscribe();
  try {
    return await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  } catch (cause) {
    const words = 'The browser could not subscribe at its push service. Try again later.';
    throw new SdkError(ErrorCode.SUBSCRIBE_FAILED, words, { cause });
  }
}

function becameActive(registration) {
  const worker = registration.installing ?? registration.waiting;
  if (registration.active || !worker) return undefined;
  return new Promise((resolve) => {
    worker.addEventListener('statechange', () => {
      if (worker.state === 'activated') resolve();
    });
  });
}

function isOfKey(subscription, key) {
  const used = new Uint8Array(subscription.options?.applicationServerKey ?? []);
  return used.length === key.length && used.every((byte, index) => byte === key[index]);
}

/** The subscription of one app in this browser. */
export class Push {
  #appId;
  #domain;
  #rest;
  #store;
  #registration;

  /**
   * @param {string} appId
   * @param {string} domain
   * @param {import('./rest.js').Rest} rest
   * @param {import('./storage.js').Store} store
   * @param {import('./registration.js').Registration} registration
   */
  constructor(appId, domain, rest, store, registration) {
    this.#registration = registration;
    this.#appId = appId;
    this.#domain = domain;
    this.#rest = rest;
    this.#store = store;
  }

  /**
   * Registered, the subscription belongs to that user; else its `pushId` alone reaches it.
   * @param {{worker?: string, scope?: string}} [options] where the service worker lies
   * @returns {Promise<PushState>}
   */
  async subscribe({ worker = '/imiconnect-sw.js', scope } = {}) {
    demand(typeof worker === 'string' && worker !== '', 'Give the address of the service worker.');
    if (!isPushSupported()) return { state: 'unsupported' };
    const { webPush } = await this.#rest.get(`/${this.#appId}/verifyPolicy`);
    if (!webPush?.applicationServerKey) {
      throw new SdkError(ErrorCode.NOT_SUPPORTED, 'Web push is not configured for this app.');
    }
    const options = { appId: this.#appId, domain: this.#domain, worker, scope };
    const made = await subscribeBrowser({ ...options, key: webPush.applicationServerKey });
    if (!made) return { state: 'denied' };
    const kept = this.#store.read('push', null);
    const { endpoint, keys } = made.toJSON();
    const body = {
      subscription: { endpoint, keys },
      ...(this.#registration.session ? { clientId: this.#registration.clientId } : {}),
      ...(kept && kept.endpoint !== endpoint ? { replaces: kept.endpoint } : {}),
    };
    // A visitor who is not registered has no key, so these calls are never encrypted.
    const path = `/${this.#appId}/push/subscriptions`;
    const answer = await this.#rest.post(path, body, { plain: true });
    this.#store.write('push', { pushId: answer.pushId, endpoint });
    return { state: 'subscribed', pushId: answer.pushId };
  }

  /** @returns {Promise<PushState>} */
  async unsubscribe() {
    const kept = this.#store.read('push', null);
    if (kept) {
      const path = `/${this.#appId}/push/subscriptions/unsubscribe`;
      await this.#rest.post(path, kept, { plain: true });
      this.#store.remove('push');
    }
    const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [];
    for (const registration of registrations) {
      const known = await registration.pushManager?.getSubscription();
      if (known && known.endpoint === kept?.endpoint) await known.unsubscribe();
    }
    return { state: 'off' };
  }
}
