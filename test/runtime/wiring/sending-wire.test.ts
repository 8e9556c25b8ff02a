import { expect, test } from 'vitest';
import type { Envelope } from '../../../engine/messages/ports.ts';
import { senderDeps } from '../../../runtime/wiring/sending.ts';
import { SenderEnvSchema } from '../../../runtime/wiring/sending-env.ts';

const variables = (CHANNELS: string) =>
  SenderEnvSchema.parse({
    ...Object.fromEntries(Object.keys(SenderEnvSchema.shape).map((name) => [name, 'https://sqs.test/q'])),
    POINTER_MAX_AGE_MS: '0',
    CHANNELS,
  });
const send = async () => ({ kind: 'sent' as const, providerId: '1' });
const provider = { name: 'ses', channel: 'email' as const, send };
const envelope = {} as Envelope;

test('a message of a channel that the deployment has not is known not to be sent: the next channel is tried', async () => {
  expect(await senderDeps(variables('sms,push'), provider).provider.send(envelope)).toEqual({
    kind: 'permanent',
    detail: 'this deployment does not send by email',
  });
  expect(await senderDeps(variables('email,push'), provider).provider.send(envelope)).toMatchObject({ kind: 'sent' });
});
