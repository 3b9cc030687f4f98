/**
 * The service worker of web push: shows what arrives, and says that it arrived or was clicked.
 *
 * Put this file at the root of the site. `subscribeToPush` of the SDK registers it with the App
 * ID and the platform's origin in its address, `?app=AB12345678&domain=https://…`, so the worker
 * knows them also when no page of the site is open.
 */
const { searchParams } = new URL(self.location.href);
const APP_ID = searchParams.get('app') ?? '';
const DOMAIN = searchParams.get('domain') ?? '';
const RECEIPT = Object.freeze({ DELIVERED: 2, CLICKED: 4 });

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('push', (event) => event.waitUntil(show(event.data)));
self.addEventListener('notificationclick', (event) => event.waitUntil(clicked(event)));

self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(event)));

/** A browser that renews its subscription by itself: open pages tell the platform. */
async function renew({ oldSubscription }) {
  const key = oldSubscription?.options?.applicationServerKey;
  if (!key) return;
  const options = { userVisibleOnly: true, applicationServerKey: key };
  await self.registration.pushManager.subscribe(options);
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const page of pages) page.postMessage({ type: 'imiconnect-push-renewed' });
}

/** Show the notification of a push; browsers want one for each, whatever is in it. */
async function show(data) {
  const { notification = {}, tid = '' } = read(data);
  const { title = '', navigate = '', ...options } = notification;
  await self.registration.showNotification(title, {
    ...options,
    tag: options.tag ?? tid,
    data: { tid, navigate },
  });
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const page of pages) page.postMessage({ type: 'imiconnect-push', notification, tid });
  await say(tid, RECEIPT.DELIVERED);
}

function read(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return { notification: { title: data.text() } };
  }
}

async function clicked({ notification }) {
  const { tid, navigate } = notification.data ?? {};
  notification.close();
  const said = say(tid, RECEIPT.CLICKED);
  if (navigate) await self.clients.openWindow(navigate);
  await said;
}

/** Tell the platform; the tid is known to the receiver of the encrypted push alone. */
async function say(tid, status) {
  if (!tid || !DOMAIN || !APP_ID) return;
  try {
    // A plain text body needs no leave of the platform for this site (no CORS preflight).
    await fetch(`${DOMAIN}/rtmsAPI/api/v3/${APP_ID}/trackDeliveryRequest`, {
      method: 'POST',
      mode: 'no-cors',
      keepalive: true,
      credentials: 'omit',
      headers: { 'Content-Type': 'text/plain' },
      body: JSON.stringify({ tid, status }),
    });
  } catch (error) {
    console.warn('A receipt of a push could not be sent.', error);
  }
}
