/**
 * Who this device is: its registration, and the access that follows from it.
 * @module registration
 */
import { demand, ErrorCode, isEnding, SdkError } from './errors.js';
import { newRef } from './messages.js';
import { socketUrls } from './transports.js';

const BROWSERS = [
  ['edge', /\bEdg\//],
  ['chrome', /Chrome\//],
  ['firefox', /\bFirefox\//],
  ['safari', /\bSafari\//],
];

/**
 * @typedef {object} DeviceProfile
 * @property {string} [userId] absent: the platform makes one
 * @property {string} [deviceId] absent: made once and kept in this browser
 * @property {string} [customerId] of the profile to link
 * @property {boolean} [isGuest]
 *
 * @typedef {object} Session what registration answered, kept over a reload
 * @property {string} userId
 * @property {string} deviceId
 * @property {string} accessToken
 * @property {string} refreshToken
 * @property {string} uplinkTopic
 * @property {string} socketUrl the best of `socketUrls`
 * @property {string[]} socketUrls where to connect, best first
 * @property {string} payloadKey in base64, where the app encrypts payloads
 * @property {string} payloadKeyId compared with the policy's
 * @property {object} policy
 */

/** @returns {string} the `os` under which this browser hears of a changed policy */
export function browserName() {
  const agent = globalThis.navigator?.userAgent ?? '';
  return BROWSERS.find(([, pattern]) => pattern.test(agent))?.[0] ?? 'web';
}

/** The registration of one app in this browser. */
export class Registration {
  /** @type {Session | null} */
  session;
  #rest;
  #store;
  #appId;
  #domain;
  /** What right PINs of users are worth, until they have registered. */
  #proofs = new Map();

  /**
   * @param {string} appId
   * @param {string} domain
   * @param {import('./rest.js').Rest} rest
   * @param {import('./storage.js').Store} store
   */
  constructor(appId, domain, rest, store) {
    this.#appId = appId;
    this.#domain = domain;
    this.#rest = rest;
    this.#store = store;
    this.#take(store.read('session', null));
  }

  /** @returns {Session} or an error 6002 */
  need() {
    if (!this.session) {
      throw new SdkError(ErrorCode.NOT_REGISTERED, 'Not registered. Call register first.');
    }
    return this.session;
  }

  /** `<appId>/<userId>/<deviceId>`, the name of this device on the platform. */
  get clientId() {
    const { userId, deviceId } = this.need();
    return `${this.#appId}/${userId}/${deviceId}`;
  }

  /**
   * @param {DeviceProfile} profile
   * @returns {Promise<Session>}
   */
  async register(profile) {
    demand(profile.deviceId !== '', 'Give the deviceId, or leave it out.');
    const deviceId = profile.deviceId ?? this.#ownDeviceId();
    this.#rest.accessToken = '';
    const answer = await this.#rest.post(
      `/${this.#appId}/register`,
      {
        tenant: '',
        userId: profile.userId ?? '',
        channel: 'rt',
        channelType: 'web',
        deviceId,
        ...(profile.customerId ? { customerId: profile.customerId } : {}),
        ...(profile.isGuest ? { isGuest: true } : {}),
        data: { update: this.#environment() },
        ...this.#proof(profile.userId),
      },
      { failure: ErrorCode.REGISTRATION_FAILED, plain: true },
    );
    if (!answer.userId) {
      throw new SdkError(ErrorCode.INVALID_RESPONSE, 'The answer to register names no user ID.');
    }
    this.#proofs.delete(profile.userId);
    this.#keep({
      userId: answer.userId,
      deviceId: answer.deviceId ?? deviceId,
      accessToken: answer.accessToken ?? '',
      refreshToken: answer.refreshToken ?? '',
      uplinkTopic: answer.uplinkTopic ?? '',
      ...keyOf(answer),
      ...this.#places(answer.broker, answer.policy ?? {}),
    });
    return this.session;
  }

  /**
   * Send what a right PIN is worth with the next registration of the user.
   * @param {string} userId
   * @param {string} token
   */
  keepProof(userId, token) {
    this.#proofs.set(userId, token);
  }

  /**
   * @param {string} [deviceId]
   * @returns {string} the device id as `register` would have it: the given one, or the own
   */
  deviceIdOr(deviceId) {
    demand(deviceId !== '', 'Give the deviceId, or leave it out.');
    return deviceId ?? this.session?.deviceId ?? this.#ownDeviceId();
  }

  #proof(userId) {
    const pinToken = this.#proofs.get(userId);
    return pinToken ? { pinToken } : {};
  }

  /**
   * Get new tokens, and the payload key in force, for ended ones; where the refresh token has
   * ended too, register again. Not where another registration has ended this one: that only
   * the visitor may undo, so the session is forgotten and error 6006 says why.
   */
  async renew() {
    const { userId, deviceId, refreshToken } = this.need();
    if (refreshToken) {
      try {
        const answer = await this.#rest.post(
          `/${this.#appId}/token`,
          { refreshToken },
          { plain: true },
        );
        const { accessToken, refreshToken: next } = answer;
        this.#keep({ ...this.session, accessToken, refreshToken: next, ...keyOf(answer) });
        return this.session;
      } catch (error) {
        if (isEnding(error)) this.forget();
        if (error.temporary || isEnding(error) || error.reason === 'jwt') throw error;
      }
    }
    return this.register({ userId, deviceId });
  }

  /**
   * Give this device to another user, or to a new guest; it connects anew under the new name.
   * @param {string} userId empty: a guest of the platform's making
   * @returns {Promise<Session>}
   */
  async rename(userId) {
    const what = userId ? 'setUserId' : 'removeUserId';
    const named = userId ? { userId, ...this.#proof(userId) } : {};
    const body = { clientId: this.clientId, ...named };
    const answer = await this.#rest.post(`/${this.#appId}/${what}`, body);
    this.#proofs.delete(userId);
    const { userId: renamed, uplinkTopic = '' } = answer;
    this.#keep({ ...this.need(), userId: renamed, uplinkTopic, ...keyOf(answer) });
    return this.session;
  }

  /** Read the policy again, which may change at any time; fetch another payload key. */
  async readPolicy() {
    const answer = await this.#rest.get(`/${this.#appId}/verifyPolicy`, {
      query: { os: browserName() },
    });
    const session = this.need();
    const policy = answer.policy ?? session.policy;
    this.#keep({ ...session, ...this.#places(answer.broker, policy) });
    if ((policy.encryptionKeyId ?? '') !== (session.payloadKeyId ?? '')) await this.renew();
    return policy;
  }

  async unregister() {
    await this.#rest.post(`/${this.#appId}/unregister`, {
      clientId: this.clientId,
      channel: 'rt',
      channelType: 'web',
    });
    this.forget();
  }

  /** Forget the registration here; the device id stays. */
  forget() {
    this.#store.remove('session');
    this.#take(null);
  }

  /**
   * @param {string} clientKey
   * @param {number} [turn] counts the tries, each of which may go elsewhere
   * @returns {import('./connection.js').Access}
   */
  access(clientKey, turn = 0) {
    const { userId, accessToken, socketUrl, socketUrls: urls = [socketUrl] } = this.need();
    if (!urls.length) {
      const words = 'This app asks for a secured port; open the page over HTTPS.';
      throw new SdkError(ErrorCode.NOT_SUPPORTED, words);
    }
    const name = `${this.#appId}/${userId}`;
    return {
      url: urls[turn % urls.length],
      isLastWay: turn % urls.length === urls.length - 1,
      clientId: this.clientId,
      username: name,
      password: accessToken || clientKey,
      topics: [name, `${this.#appId}/Updates/${browserName()}`],
    };
  }

  #keep(session) {
    this.#take(session);
    this.#store.write('session', session);
  }

  #take(session) {
    this.session = session;
    this.#rest.accessToken = session?.accessToken ?? '';
    this.#rest.payloadKey = session?.payloadKey ?? '';
  }

  #ownDeviceId() {
    const kept = this.#store.read('deviceId', '');
    if (kept) return kept;
    const made = `v2_web_${newRef()}`;
    this.#store.write('deviceId', made);
    return made;
  }

  #environment() {
    const { userAgent = '', language = '' } = globalThis.navigator ?? {};
    return {
      useragent: userAgent,
      os: browserName(),
      language,
      timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    };
  }

  #places(broker, policy) {
    const urls = socketUrls(broker, policy, this.#domain);
    return { policy, socketUrls: urls, socketUrl: urls[0] ?? '' };
  }
}

function keyOf({ encryptionKey = '', encryptionKeyId = '' }) {
  return { payloadKey: encryptionKey, payloadKeyId: encryptionKeyId };
}
