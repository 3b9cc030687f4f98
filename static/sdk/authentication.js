/**
 * Proving a user ID by a one-time PIN, where the app asks for one.
 * @module authentication
 */
import { demand } from './errors.js';

/** PINs by SMS: `policy.features.userpin` is "1" where a user ID needs one. */
export class UserAuthentication {
  #appId;
  #registration;
  #rest;

  /**
   * @param {string} appId
   * @param {import('./registration.js').Registration} registration
   * @param {import('./rest.js').Rest} rest
   */
  constructor(appId, registration, rest) {
    this.#appId = appId;
    this.#registration = registration;
    this.#rest = rest;
  }

  /**
   * Have a PIN sent to the user's own mobile number. The answer is the same for everybody,
   * also for a user ID that nobody has.
   * @param {string} userId
   * @param {{deviceId?: string}} [options] the device ID of `register`, where that names one
   * @returns {Promise<{expiresIn: number}>} seconds for which the PIN is good
   */
  async generatePin(userId, { deviceId } = {}) {
    demand(!!userId, 'Give the user ID.');
    const { expiresIn } = await this.#say('generatePin', { userId }, deviceId);
    return { expiresIn };
  }

  /**
   * Check a PIN. A right one lets this device register the user ID once: the next `register`
   * or `setUserId` of that user does so by itself. A wrong one is an error whose reason is
   * `pin`; after five a new PIN is needed.
   * @param {string} userId
   * @param {string} pin
   * @param {{deviceId?: string}} [options]
   * @returns {Promise<{expiresIn: number}>} seconds within which to register
   */
  async validatePin(userId, pin, { deviceId } = {}) {
    demand(!!userId, 'Give the user ID.');
    demand(!!pin, 'Give the PIN.');
    const { pinToken, expiresIn } = await this.#say('validatePin', { userId, pin }, deviceId);
    this.#registration.keepProof(userId, pinToken);
    return { expiresIn };
  }

  #say(what, body, deviceId) {
    const named = { deviceId: this.#registration.deviceIdOr(deviceId), ...body };
    return this.#rest.post(`/${this.#appId}/${what}`, named, { plain: true });
  }
}
