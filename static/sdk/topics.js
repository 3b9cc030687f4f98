/**
 * Topics of the app, and which of them the registered user is subscribed to.
 * @module topics
 */
import { demand, ErrorCode } from './errors.js';

/**
 * @typedef {object} Topic
 * @property {string} id
 * @property {string} name
 * @property {string} ref its title
 * @property {string} description
 * @property {string} topic_group
 * @property {'ReadWrite' | 'Read' | 'Write'} access_level
 * @property {boolean} [subscribed]
 */

/** The calls on topics; a topic is named by its id or its name. */
export class Topics {
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

  /**
   * @param {{start?: number, limit?: number, subscribed?: boolean}} [range] at most 100 at once
   * @returns {Promise<{topics: Topic[], total: number}>}
   */
  async list({ start = 0, limit = 100, subscribed } = {}) {
    const { userId } = this.#registration.need();
    const path = `/apps/${this.#appId}/user/${encodeURIComponent(userId)}/topics`;
    const query = { start, limit, subscribed: String(subscribed ?? 'both') };
    const answer = await this.#called(() => this.#rest.get(path, { query }));
    return { topics: answer.topics ?? [], total: Number(answer.total ?? 0) };
  }

  /** @param {string} topic */
  async subscribe(topic) {
    const { userId } = this.#registration.need();
    const failure = ErrorCode.SUBSCRIBE_FAILED;
    await this.#called(() => this.#rest.post(this.#path(topic), [userId], { failure }));
  }

  /** @param {string} topic */
  async unsubscribe(topic) {
    const { userId } = this.#registration.need();
    const path = `${this.#path(topic)}/${encodeURIComponent(userId)}`;
    const failure = ErrorCode.UNSUBSCRIBE_FAILED;
    await this.#called(() => this.#rest.remove(path, { failure }));
  }

  #path(topic) {
    demand(!!topic, 'Give the id or the name of the topic.');
    return `/apps/${this.#appId}/topics/${encodeURIComponent(topic)}/users`;
  }
}
