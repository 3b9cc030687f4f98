/**
 * What the platform knows of this device and of the customer behind it.
 * @module profile
 */
import { demand } from './errors.js';

/** Linking with a customer, and events of the device. */
export class Profile {
  #appId;
  #registration;
  #called;
  #rest;

  /**
   * @param {string} appId
   * @param {import('./registration.js').Registration} registration
   * @param {(call: () => Promise<any>) => Promise<any>} called renews an ended token
   * @param {import('./rest.js').Rest} rest
   */
  constructor(appId, registration, called, rest) {
    this.#appId = appId;
    this.#registration = registration;
    this.#called = called;
    this.#rest = rest;
  }

  /** @param {string} customerId of a customer who has a profile */
  async setCustomerId(customerId) {
    demand(!!customerId, 'Give the customer ID.');
    await this.#say('setCustomerId', { customerId });
  }

  async removeCustomerId() {
    await this.#say('removeCustomerId', {});
  }

  /**
   * Tell what has changed of the device, such as `{language: 'pt'}`.
   * @param {Record<string, unknown>} attributes what of them is kept says the app's policy
   */
  async update(attributes) {
    demand(Object.keys(attributes ?? {}).length > 0, 'Give at least one attribute.');
    await this.#say('profileupdate', { event: 'ProfileUpdate', data: { update: attributes } });
  }

  /**
   * Tell that something has happened to the device, or in the app. What of it is kept says the
   * app's policy.
   * @param {string} event
   * @param {Record<string, unknown>} [update]
   */
  async publishEvent(event, update = {}) {
    demand(!!event, 'Give the name of the event.');
    await this.#say('profileupdate', { event, data: { update } });
  }

  async #say(what, body) {
    const { clientId } = this.#registration;
    await this.#called(() => this.#rest.post(`/${this.#appId}/${what}`, { clientId, ...body }));
  }
}
