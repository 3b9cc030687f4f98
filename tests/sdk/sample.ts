// What an app writes; `tsc --strict` must accept it, and refuse the lines that say so.
import { ErrorCode, MessageStatus, SdkError, startup } from '../../static/sdk/imiconnect.js';

export async function main(): Promise<number> {
  const device = startup('AB12345678', 'key', { automaticReceipts: false });
  const stop = device.on('message', ({ tid, text, at }) => console.log(tid, text, at.getTime()));
  device.on('connection', ({ state, retryIn }) => console.log(state === 'waiting' && retryIn));
  device.on('error', ({ code, reason }) => console.log(code, reason === 'encryption'));
  const guarded = startup('AB12345679', 'key', { tokenProvider: async () => 'a.b.c' });
  console.log(guarded.session?.socketUrls[0]);
  // @ts-expect-error there is no such event
  device.on('messages', () => {});
  // @ts-expect-error a text is a string
  await device.publish({ text: 7 });
  try {
    const { expiresIn } = await device.authentication.generatePin('ana');
    await device.authentication.validatePin('ana', '123456', { deviceId: `d${expiresIn}` });
    const { userId } = await device.register({ userId: 'ana' });
    await device.connect();
    const sent = await device.publish({ text: `Hi from ${userId}` });
    await device.markRead([sent.tid, sent.ref]);
    await device.profile.setCustomerId('1001');
    await device.profile.publishEvent('checkout', { basket: 3 });
    await device.profile.update({ language: 'pt' });
    const [stream] = await device.threads.streams();
    await device.threads.create({ streamName: stream?.name });
    await device.setUserId('bea');
    const guest: { userId: string } = await device.removeUserId();
    console.log(guest.userId, sent.status === MessageStatus.SENT, sent.readAt?.getTime());
    // @ts-expect-error an event has a name
    await device.profile.publishEvent({ basket: 3 });
    const { threads, total } = await device.threads.list({ limit: 10 });
    console.log(threads[0]?.title, total, MessageStatus.READ);
  } catch (error) {
    if (error instanceof SdkError && error.code === ErrorCode.NOT_CONNECTED) return 1;
  }
  stop();
  return device.waiting;
}
