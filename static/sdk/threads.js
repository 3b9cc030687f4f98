/**
 * Threads of the registered user.
 * @module threads
 */
import { demand } from './errors.js';
import { messageFrom } from './messages.js';

/**
 * @typedef {object} Thread
 * @property {string} id
 * @property {string} [title]
 * @property {'Conversation' | 'Announcement'} [type]
 * @property {'Active' | 'Closed'} [status]
 * @property {string} [created_on] ISO 8601
 */

/** The calls on threads; each answers what the platform knows now. */
export class Threads {
  #appId;
  #registration;
  #called;
  #rest;
  /** Announcements, as far as they are known. */
  #announcements = new Set();

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
   * @param {{title?: string, type?: 'Conversation' | 'Announcement', category?: string,
   *   externalId?: string, streamName?: string, extras?: object}} [thread] `streamName` is a
   *   name of `streams`: whose agents answer
   * @returns {Promise<Thread>}
   */
  async create(thread = {}) {
    const { title = '', type = 'Conversation', category, externalId, streamName, extras } = thread;
    const { userId } = this.#registration.need();
    const body = {
      type,
      title,
      userId,
      ...(category ? { category } : {}),
      ...(externalId ? { externalid: externalId } : {}),
      ...(streamName ? { stream_name: streamName } : {}),
      ...(extras ? { extras } : {}),
    };
    const answer = await this.#called(() =>
      this.#rest.post(`/apps/${this.#appId}/threads`, body),
    );
    return { type, title, status: 'Active', ...answer.thread };
  }

  /** @returns {Promise<{id: string, name: string, created_on: string}[]>} at most 100, by name */
  async streams() {
    this.#registration.need();
    const answer = await this.#called(() => this.#rest.get(`/apps/${this.#appId}/streams`));
    return answer.streams ?? [];
  }

  /**
   * @param {{start?: number, limit?: number, unread?: boolean}} [range] at most 100 at once;
   *   `unread` counts what is unread, which needs the app's Server Side Inbox
   * @returns {Promise<{threads: Thread[], total: number}>}
   */
  async list({ start = 0, limit = 50, unread = false } = {}) {
    const query = { start, limit, ...(unread ? { fetchunreadcount: 'true' } : {}) };
    const answer = await this.#called(() => this.#rest.get(this.#path(), { query }));
    const threads = answer.threads ?? [];
    threads.forEach((thread) => this._remember(thread));
    return { threads, total: Number(answer.total ?? 0) };
  }

  /**
   * @param {string} threadId
   * @param {{before?: Date, limit?: number}} [range] messages before that time, newest first
   * @returns {Promise<import('./messages.js').Message[]>}
   */
  async messages(threadId, { before, limit = 50 } = {}) {
    demand(!!threadId, 'Give the id of the thread.');
    const query = { limit, ...(before ? { from: before.toISOString() } : {}) };
    const path = `${this.#path()}/${encodeURIComponent(threadId)}/messages`;
    const answer = await this.#called(() => this.#rest.get(path, { query }));
    return (answer.messages ?? []).map(messageFrom);
  }

  /**
   * @param {string} threadId
   * @param {{title?: string, status?: 'Active' | 'Closed'}} changes
   */
  async update(threadId, changes) {
    demand(!!threadId, 'Give the id of the thread.');
    const path = `${this.#path()}/${encodeURIComponent(threadId)}`;
    await this.#called(() => this.#rest.put(path, changes));
  }

  /** @param {string} threadId publishing to it opens it again */
  close(threadId) {
    return this.update(threadId, { status: 'Closed' });
  }

  /** @returns {Promise<number>} how many threads have something to read */
  async unreadCount() {
    const path = this.#path().replace(/threads$/, 'unreadthreads');
    const answer = await this.#called(() => this.#rest.get(path));
    return Number(answer.unread_thread_count ?? 0);
  }

  /**
   * Tell the others of a conversation that the user types, or has stopped.
   * @param {string} threadId
   * @param {boolean} [begun]
   */
  async typing(threadId, begun = true) {
    demand(!!threadId, 'Give the id of the thread.');
    const clientId = this.#registration.clientId;
    const body = { clientId, thread: { id: threadId }, state: begun ? 'start' : 'stop' };
    await this.#called(() => this.#rest.post(`/${this.#appId}/typing`, body));
  }

  /** @param {Thread} thread as a list or a message has it */
  _remember({ id, type }) {
    if (type === 'Announcement') this.#announcements.add(id);
  }

  /**
   * @param {string} threadId
   * @returns {boolean} whether nobody replies there, as far as this device knows
   */
  isAnnouncement(threadId) {
    return this.#announcements.has(threadId);
  }

  #path() {
    const { userId } = this.#registration.need();
    return `/apps/${this.#appId}/user/${encodeURIComponent(userId)}/threads`;
  }
}
