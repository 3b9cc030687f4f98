/**
 * Who this device is: its registration, and the access that follows from it.
 * @module registration
 */
import { demand, ErrorCode, SdkError } from './errors.js';
import { newRef } from './messages.js';

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
 * @property {string} socketUrl
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
      },
      { failure: ErrorCode.REGISTRATION_FAILED },
    );
    if (!answer.userId) {
      throw new SdkError(ErrorCode.INVALID_RESPONSE, 'The answer to register names no user ID.');
    }
    this.#keep({
      userId: answer.userId,
      deviceId: answer.deviceId ?? deviceId,
      accessToken: answer.accessToken ?? '',
      refreshToken: answer.refreshToken ?? '',
      uplinkTopic: answer.uplinkTopic ?? '',
      socketUrl: this.#socketUrl(answer.broker),
      policy: answer.policy ?? {},
    });
    return this.session;
  }

  /** Get new tokens for ended ones; where the refresh token has ended too, register again. */
  async renew() {
    const { userId, deviceId, refreshToken } = this.need();
    if (refreshToken) {
      try {
        const { accessToken, refreshToken: next } = await this.#rest.post(
          `/${this.#appId}/token`,
          { refreshToken },
        );
        this.#keep({ ...this.session, accessToken, refreshToken: next });
        return this.session;
      } catch (error) {
        if (error.temporary) throw error;
      }
    }
    return this.register({ userId, deviceId });
  }

  /** Read the policy again; it may change at any time. */
  async readPolicy() {
    const answer = await this.#rest.get(`/${this.#appId}/verifyPolicy`, {
      query: { os: browserName() },
    });
    const session = this.need();
    this.#keep({
      ...session,
      policy: answer.policy ?? session.policy,
      socketUrl: answer.broker ? this.#socketUrl(answer.broker) : session.socketUrl,
    });
    return this.session.policy;
  }

  async unregister() {
    await this.#rest.post(`/${this.#appId}/unregister`, {
      clientId: this.clientId,
      channel: 'rt',
      channelType: 'web',
    });
    this.#store.remove('session');
    this.#take(null);
  }

  /**
   * @param {string} clientKey
   * @returns {import('./connection.js').Access}
   */
  access(clientKey) {
    const { userId, accessToken, socketUrl } = this.need();
    const name = `${this.#appId}/${userId}`;
    return {
      url: socketUrl,
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

  #socketUrl(broker) {
    return broker?.url ?? `${this.#domain.replace(/^http/, 'ws')}/mqtt`;
  }
}
