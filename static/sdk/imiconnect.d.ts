/** Types of the JavaScript SDK; `client.js` and its neighbours say more of each call. */

export type ConnectionState = 'closed' | 'connecting' | 'connected' | 'waiting' | 'refused';

export interface Options {
  /** Origin of the platform; absent: where the module comes from. */
  domain?: string;
  /** Say "delivered" for each new message; on unless switched off. */
  automaticReceipts?: boolean;
  /** Another place than `localStorage`; null keeps all in memory. */
  storage?: Storage | null;
  /**
   * Returns a JWT that the app's server has signed for its user, where the app asks for one;
   * called for the first, and when the last one has expired or was refused. When it rejects
   * it is called again later; until then what is to be sent waits.
   */
  tokenProvider?: () => string | Promise<string>;
}

export interface DeviceProfile {
  /** Absent: the platform makes one. */
  userId?: string;
  /** Absent: made once and kept in this browser. */
  deviceId?: string;
  customerId?: string;
  isGuest?: boolean;
}

export interface Session {
  userId: string;
  deviceId: string;
  accessToken: string;
  refreshToken: string;
  uplinkTopic: string;
  /** The best of `socketUrls`. */
  socketUrl: string;
  /** Where to connect, as the app's policy allows, best first. */
  socketUrls: string[];
  /** In base64, where the app encrypts payloads. */
  payloadKey: string;
  payloadKeyId: string;
  policy: Record<string, unknown>;
}

export interface Thread {
  id: string;
  title?: string;
  type?: 'Conversation' | 'Announcement';
  status?: 'Active' | 'Closed';
  created_on?: string;
  [name: string]: unknown;
}

export interface Message {
  tid: string;
  /** `message`, or the `payload_type` of an event such as `messageRead`. */
  type: string;
  text: string;
  thread: Thread | null;
  /** Sent by this user. */
  outgoing: boolean;
  userId: string;
  deviceId: string;
  attachments: object[];
  extras: Record<string, unknown>;
  interactiveData: Record<string, unknown> | null;
  quickReplies: Record<string, unknown> | null;
  topic: string | null;
  relatedTid: string | null;
  category: string;
  /** One of `MessageStatus`; `NONE` while it waits here, and of events. */
  status: number;
  at: Date;
  deliveredAt: Date | null;
  readAt: Date | null;
  raw: Record<string, unknown>;
}

export interface Topic {
  id: string;
  name: string;
  /** Its title. */
  ref: string;
  description: string;
  topic_group: string;
  access_level: 'ReadWrite' | 'Read' | 'Write';
  created_on: string;
  subscribed?: boolean;
}

export interface Attachment {
  /** An address that expires; `refreshMedia` gives a fresh one. */
  file: string;
  mediaId: string;
  contentType: string;
  size: number;
  preview?: string;
}

export interface Choice {
  identifier?: string;
  title?: string;
  payload?: unknown;
}

export interface Content {
  text?: string;
  /** Not of an announcement: nobody replies to one (6003). */
  threadId?: string;
  /** The id or name of a topic to which the user is subscribed. */
  topic?: string;
  category?: string;
  extras?: object;
  attachments?: object[];
  relatedTid?: string;
  interactiveData?: object;
}

export interface Said {
  ref: string;
  kind: 'mo' | 'deliveryupdate';
}

/** What listeners of each event get. */
export interface Events {
  message: Message;
  event: Message;
  connection: { state: ConnectionState; retryIn?: number; error?: Error };
  sent: Said & { tid: string };
  failed: Said & { error: Error };
  policy: Record<string, unknown>;
  /** What came cannot be decrypted, even with a fresh key. */
  error: SdkError;
  wire: { direction: 'in' | 'out'; via: 'REST' | 'MQTT'; name: string; body: unknown; at: Date };
}

export class Threads {
  create(thread?: {
    title?: string;
    type?: 'Conversation' | 'Announcement';
    category?: string;
    externalId?: string;
    /** A name of `streams`: whose agents answer. */
    streamName?: string;
    extras?: object;
  }): Promise<Thread>;
  /** At most 100, by name. */
  streams(): Promise<{ id: string; name: string; created_on: string }[]>;
  list(range?: {
    start?: number;
    limit?: number;
    unread?: boolean;
  }): Promise<{ threads: Thread[]; total: number }>;
  messages(threadId: string, range?: { before?: Date; limit?: number }): Promise<Message[]>;
  update(
    threadId: string,
    changes: { title?: string; status?: 'Active' | 'Closed' },
  ): Promise<void>;
  close(threadId: string): Promise<void>;
  /** How many threads have something to read. */
  unreadCount(): Promise<number>;
  typing(threadId: string, begun?: boolean): Promise<void>;
  isAnnouncement(threadId: string): boolean;
}

export class Topics {
  list(range?: {
    start?: number;
    limit?: number;
    subscribed?: boolean;
  }): Promise<{ topics: Topic[]; total: number }>;
  subscribe(topic: string): Promise<void>;
  unsubscribe(topic: string): Promise<void>;
}

export class Profile {
  /** Of a customer who has a profile. */
  setCustomerId(customerId: string): Promise<void>;
  removeCustomerId(): Promise<void>;
  /** What has changed of the device, such as `{language: 'pt'}`. */
  update(attributes: Record<string, unknown>): Promise<void>;
  /** What of `update` is kept says the app's policy. */
  publishEvent(event: string, update?: Record<string, unknown>): Promise<void>;
}

/** One-time PINs by SMS, for apps whose policy asks for one (`features.userpin` is "1"). */
export class UserAuthentication {
  /** The answer is the same for everybody, also for a user ID that nobody has. */
  generatePin(userId: string, options?: { deviceId?: string }): Promise<{ expiresIn: number }>;
  /** After it the next `register` or `setUserId` of the user is proved, once. */
  validatePin(
    userId: string,
    pin: string,
    options?: { deviceId?: string },
  ): Promise<{ expiresIn: number }>;
}

/** A device; `startup` makes it. */
export class Client {
  private constructor();
  readonly threads: Threads;
  readonly topics: Topics;
  readonly profile: Profile;
  readonly authentication: UserAuthentication;
  readonly session: Session | null;
  readonly state: ConnectionState;
  /** How many messages and receipts wait to be sent, in all pages of the site. */
  readonly waiting: number;
  on<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): () => void;
  off<Name extends keyof Events>(name: Name, listener: (detail: Events[Name]) => void): void;
  register(profile?: DeviceProfile): Promise<{ userId: string; deviceId: string }>;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  unregister(): Promise<void>;
  /** As when a guest signs in: the registration stays, what waited to be sent is dropped. */
  setUserId(userId: string): Promise<{ userId: string; deviceId: string }>;
  /** Give this browser to a new guest. */
  removeUserId(): Promise<{ userId: string; deviceId: string }>;
  /** Offline the message waits; its `tid` is empty until the event `sent`. */
  publish(content: Content): Promise<Message & { ref: string }>;
  markDelivered(tid: string): Promise<unknown>;
  markRead(tids: string | string[]): Promise<unknown>;
  markClicked(tid: string, interactiveData?: object): Promise<unknown>;
  chooseQuickReply(message: Message, option: Choice): Promise<Message & { ref: string }>;
  press(message: Message, button: Choice): Promise<Message & { ref: string }>;
  submitForm(
    message: Message,
    values: Record<string, string>,
  ): Promise<Message & { ref: string }>;
  deleteMessage(tid: string): Promise<void>;
  upload(file: Blob, options?: { preview?: boolean }): Promise<Attachment>;
  refreshMedia(url: string): Promise<Attachment>;
  flush(): Promise<void>;
  /** Ask the visitor for web push, after a click; needs no registration. */
  subscribeToPush(options?: { worker?: string; scope?: string }): Promise<PushState>;
  unsubscribeFromPush(): Promise<PushState>;
}

export interface PushState {
  /** `denied` by the visitor; `unsupported` in this browser or in private browsing. */
  state: 'subscribed' | 'denied' | 'unsupported' | 'off';
  /** The destination `pushid` of this browser. */
  pushId?: string;
}

export function startup(appId: string, clientKey: string, options?: Options): Client;
export function shutdown(appId: string): Promise<void>;

/** The numbers that IMIconnect's SDKs document. */
export const ErrorCode: Readonly<{
  NOT_INITIALIZED: 6000;
  ALREADY_INITIALIZED: 6001;
  NOT_REGISTERED: 6002;
  NOT_SUPPORTED: 6003;
  INVALID_PARAMETER: 6004;
  PERMISSION_NOT_GRANTED: 6005;
  REGISTRATION_CONFLICT: 6006;
  ALREADY_PROCESSING: 6007;
  SERVER_UNREACHABLE: 6100;
  REGISTRATION_FAILED: 6101;
  INVALID_RESPONSE: 6102;
  NOT_CONNECTED: 6200;
  CONNECTION_FAILED: 6201;
  PUBLISH_FAILED: 6202;
  SUBSCRIBE_FAILED: 6203;
  UNSUBSCRIBE_FAILED: 6204;
  ALREADY_CONNECTED: 6205;
  UNKNOWN: 6999;
}>;

export const MessageStatus: Readonly<{
  NONE: 0;
  FAILED: 1;
  SENT: 2;
  DELIVERED: 3;
  READ: 4;
  CLICKED: 5;
}>;

export class SdkError extends Error {
  readonly code: number;
  /** The gateway's own code, where it gave one. */
  readonly gateway: number | null;
  readonly status: number | null;
  /**
   * The gateway's word for programs: `jwt`, `encryption`, `pin`, or why another registration has ended
   * this device's (`replaced`, `taken`, `inactive`; code 6006).
   */
  readonly reason: string;
  /** Whether the same call may succeed later without a change. */
  readonly temporary: boolean;
}
