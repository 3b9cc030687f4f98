/**
 * Messages as the app sees them, from what the wire carries.
 * @module messages
 */

/** @enum {number} the numbers of the documented `MessageStatus` */
export const MessageStatus = Object.freeze({
  NONE: 0,
  FAILED: 1,
  SENT: 2,
  DELIVERED: 3,
  READ: 4,
  CLICKED: 5,
});

/** The words of the platform's lists; `submited` is the documented spelling. */
const STATUSES = Object.freeze({
  queued: MessageStatus.NONE,
  submited: MessageStatus.SENT,
  received: MessageStatus.SENT,
  delivered: MessageStatus.DELIVERED,
  read: MessageStatus.READ,
  failed: MessageStatus.FAILED,
  expired: MessageStatus.FAILED,
});

/**
 * @typedef {object} Message
 * @property {string} tid
 * @property {string} type `message`, or the `payload_type` of an event such as `messageRead`
 * @property {string} text
 * @property {{id: string, title?: string, type?: string, status?: string} | null} thread
 * @property {boolean} outgoing sent by this user
 * @property {string} userId
 * @property {string} deviceId of the device that sent it, where one did
 * @property {object[]} attachments
 * @property {object} extras
 * @property {object | null} interactiveData
 * @property {object | null} quickReplies
 * @property {string | null} topic
 * @property {string | null} relatedTid
 * @property {string} category
 * @property {number} status one of {@link MessageStatus}; `NONE` while it waits here, and of events
 * @property {Date} at
 * @property {Date | null} deliveredAt
 * @property {Date | null} readAt
 * @property {object} raw the JSON as it came
 */

/**
 * @param {string} text UTF-8 JSON of the downlink topic
 * @returns {Message | null} null for what is not a message
 */
export function parseMessage(text) {
  let raw;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  return raw && typeof raw === 'object' && raw.tid ? messageFrom(raw) : null;
}

/**
 * @param {Record<string, any>} raw a message of the downlink or of a thread's list
 * @returns {Message}
 */
export function messageFrom(raw) {
  return {
    tid: String(raw.tid),
    type: raw.payload_type || 'message',
    text: raw.message ?? '',
    thread: raw.thread?.id ? raw.thread : null,
    outgoing: raw.outgoing === true || raw.outgoing === 'true',
    userId: raw.userId ?? '',
    deviceId: raw.deviceId ?? '',
    attachments: Array.isArray(raw.media) ? raw.media : [],
    extras: raw.extras ?? {},
    interactiveData: raw.interactiveData ?? null,
    quickReplies: raw.quickReplies ?? null,
    topic: raw.topic ?? null,
    relatedTid: raw.relatedTid ?? null,
    category: raw.category ?? '',
    status: statusOf(raw),
    at: moment(raw.created_on ?? raw.ts),
    deliveredAt: raw.delivered_at ? moment(raw.delivered_at) : null,
    readAt: raw.read_at ? moment(raw.read_at) : null,
    raw,
  };
}

function statusOf({ payload_type: type, status, tid }) {
  if (type || !tid) return MessageStatus.NONE;
  return STATUSES[status] ?? MessageStatus.SENT;
}

function moment(value) {
  const date = new Date(value ?? Date.now());
  return Number.isNaN(date.getTime()) ? new Date() : date;
}

/**
 * Return a name for something that has no tid yet, in the order of their making.
 * @returns {string}
 */
export function newRef() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const chance = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${Date.now().toString(16).padStart(12, '0')}${chance}`;
}
