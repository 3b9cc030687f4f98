/**
 * Where a browser connects: what the policy allows, in its order.
 * @module transports
 */

/**
 * A browser has MQTT over WebSocket alone, so of the policy's transports that one counts; where
 * the policy names only MQTT over TCP, the relay at the web port serves browsers all the same.
 * A transport with a `port` is to be used over TLS only: at that port, and at the web port
 * where that has TLS.
 * @param {{url?: string} | undefined} broker of the answer to register
 * @param {{transports?: {name: string, port?: number}[]}} policy
 * @param {string} domain
 * @returns {string[]} URLs, best first; none where TLS is asked for and nothing offers it
 */
export function socketUrls(broker, policy, domain) {
  const web = broker?.url ?? `${domain.replace(/^http/, 'ws')}/mqtt`;
  const transports = policy?.transports ?? [];
  if (!transports.some(({ port }) => port)) return [web];
  const port = transports.find(({ name }) => name === 'websocket')?.port;
  const urls = web.startsWith('wss:') ? [web] : [];
  if (!port) return urls;
  const secured = new URL(web);
  secured.protocol = 'wss:';
  secured.port = String(port);
  return [...new Set([secured.href, ...urls])];
}
