/**
 * The JavaScript SDK of the platform: an ES module with no build step.
 * @module imiconnect
 */
import { Client } from './client.js';
import { demand, ErrorCode, SdkError } from './errors.js';

export { Client, ErrorCode, SdkError };
export { MessageStatus } from './messages.js';

const started = new Map();

/**
 * Begin to use an app in this page.
 * @param {string} appId two capitals and eight digits
 * @param {string} clientKey of the app
 * @param {Partial<import('./client.js').Options>} [options] `domain` is where this module comes
 *   from, unless given
 * @returns {Client}
 */
export function startup(appId, clientKey, options = {}) {
  demand(/^[A-Z]{2}\d{8}$/.test(appId), 'An App ID has two capitals and eight digits.');
  demand(typeof clientKey === 'string' && clientKey !== '', 'Give the client key of the app.');
  if (started.has(appId)) {
    throw new SdkError(ErrorCode.ALREADY_INITIALIZED, `Started already for ${appId}.`);
  }
  const domain = new URL(options.domain ?? import.meta.url).origin;
  const client = new Client(appId, clientKey, { ...options, domain });
  started.set(appId, client);
  return client;
}

/**
 * Stop using an app in this page; the registration stays.
 * @param {string} appId
 */
export async function shutdown(appId) {
  const client = started.get(appId);
  if (!client) throw new SdkError(ErrorCode.NOT_INITIALIZED, 'Call startup first.');
  started.delete(appId);
  await client.disconnect();
}
