/**
 * What a device says: bodies of messages and receipts, and the ways that they go.
 * @module speech
 */
import { ErrorCode, SdkError } from './errors.js';

/** Messages that one receipt may name (docs/rtm-protocol.md, "Uplink"). */
const MOST_TIDS = 500;

/**
 * @param {string[]} tids
 * @returns {string[][]} as many as one receipt may name, each
 */
export function inReceipts(tids) {
  const count = Math.ceil(tids.length / MOST_TIDS);
  const part = (_, index) => tids.slice(index * MOST_TIDS, (index + 1) * MOST_TIDS);
  return Array.from({ length: count }, part);
}

/**
 * @param {string} clientId
 * @param {object} content what `publish` was given
 * @returns {Record<string, any>} a message as the RTMS API takes it
 */
export function messageBody(clientId, content) {
  const { text = '', threadId, topic, extras = {}, attachments = [] } = content;
  return {
    clientId,
    channel: 'rt',
    message: text,
    media: attachments,
    extras,
    outgoing: true,
    ...(threadId ? { thread: { id: threadId } } : {}),
    ...(topic ? { topic } : {}),
    ...(content.category ? { category: content.category } : {}),
    ...(content.relatedTid ? { relatedTid: content.relatedTid } : {}),
    ...(content.interactiveData ? { interactiveData: content.interactiveData } : {}),
  };
}

/**
 * Receipts go by MQTT, which costs the least, and by REST when the broker does not answer;
 * saying one twice changes nothing. A message goes by REST, whose answer has its tid and
 * means that it is stored, and by MQTT when REST does not answer.
 */
export class Speech {
  #appId;
  #registration;
  #connection;
  #calls;
  #rest;
  #log;

  /**
   * @param {string} appId
   * @param {import('./registration.js').Registration} registration
   * @param {import('./connection.js').Connection} connection
   * @param {import('./calls.js').Calls} calls
   * @param {import('./rest.js').Rest} rest
   * @param {(direction: string, via: string, name: string, body: unknown) => void} log
   */
  constructor(appId, registration, connection, calls, rest, log) {
    this.#appId = appId;
    this.#registration = registration;
    this.#connection = connection;
    this.#calls = calls;
    this.#rest = rest;
    this.#log = log;
  }

  /** @param {import('./outbox.js').Item} item */
  async say({ kind, body }) {
    const ways = [this.#publish, this.#post];
    const [first, second] = kind === 'mo' ? ways.reverse() : ways;
    try {
      return await first.call(this, kind, body);
    } catch (error) {
      const isRefused = first === this.#post && !error.temporary;
      const isOffline = this.#connection.state !== 'connected';
      if (isRefused || (first === this.#post && isOffline)) throw error;
      return second.call(this, kind, body);
    }
  }

  async #publish(kind, body) {
    const topic = this.#registration.session?.uplinkTopic;
    if (!topic) throw new SdkError(ErrorCode.NOT_CONNECTED, 'Not connected.');
    await this.#connection.publish(topic, await this.#calls.sealed({ op: kind, ...body }));
    this.#log('out', 'MQTT', topic, body);
    return null;
  }

  async #post(kind, body) {
    const path = `/${this.#appId}/${kind}`;
    const options = { failure: ErrorCode.PUBLISH_FAILED, keepalive: true };
    const answer = await this.#calls.called(() => this.#rest.post(path, body, options));
    this.#log('out', 'REST', path, body);
    return answer;
  }
}
