import { MessageChannel } from 'node:worker_threads';
import { PinpointClient, SendMessagesCommand } from '@aws-sdk/client-pinpoint';
import { PinpointSMSVoiceV2Client, SendTextMessageCommand } from '@aws-sdk/client-pinpoint-sms-voice-v2';
import { SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import {
  CreateStateMachineCommand,
  DescribeStateMachineCommand,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { caller, serve } from '../../../local/direct/calls.ts';
import { directClients } from '../../../local/direct/clients.ts';
import { directServices } from '../../../local/direct/services.ts';
import { close, listen } from '../../../local/http.ts';
import { type FaultMode, startOutbox } from '../../../local/providers/outbox.ts';
import { byHttp, services } from '../../../local/services.ts';
import { statesApi } from '../../../local/states/api.ts';
import { startEngine } from '../../../local/states/engine.ts';
import { noJournal } from '../../../local/states/journal.ts';
import { mergeTemplates } from '../../../local/template.ts';
import { startTopics } from '../../../local/topics.ts';
import { type Case, none, plain, seen } from './both-ways.ts';

describe('a call of a provider or of Step Functions', () => {
  /** A busy machine answers within it. */
  const TIMEOUT_MS = 3_000;
  /** The services of a process of their own, and the clients that ask them. */
  interface Way {
    sms: PinpointSMSVoiceV2Client;
    email: SESv2Client;
    push: PinpointClient;
    states: SFNClient;
    fault(channel: 'sms' | 'email' | 'push', mode: FaultMode): void;
    sent(): object[];
  }
  const NOW = Date.parse('2026-11-02T01:00:00Z');

  function parts() {
    const now = () => NOW;
    const outbox = startOutbox();
    const engine = startEngine({
      now,
      invoke: async () => ({}),
      onChange: none,
      onEnd: none,
      journal: noJournal,
    });
    const serve = services({
      outbox,
      states: statesApi(engine, now),
      lambdas: () => {
        throw new Error('no function is called here');
      },
      secrets: {},
      topics: startTopics(mergeTemplates([])),
      now,
    });
    return { outbox, serve, engine };
  }
  function clients(endpoint: string): Omit<Way, 'fault' | 'sent'> {
    const requestHandler = { requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true };
    const options = { ...plain, maxAttempts: 1, endpoint, requestHandler };
    return {
      sms: new PinpointSMSVoiceV2Client(options),
      email: new SESv2Client(options),
      push: new PinpointClient(options),
      states: new SFNClient({ ...options, maxAttempts: 2 }),
    };
  }
  const stops: (() => unknown)[] = [];
  const wayOf = ({ outbox }: ReturnType<typeof parts>, asked: Omit<Way, 'fault' | 'sent'>): Way => ({
    ...asked,
    fault: (channel, mode) => outbox.fault(channel, mode, 1),
    sent: () => outbox.items.map((item) => ({ ...item })),
  });

  let wired: Way;
  let direct: Way;
  beforeAll(async () => {
    const [one, other] = [parts(), parts()];
    const { server, port } = await listen(0, byHttp(one.serve));
    wired = wayOf(one, clients(`http://127.0.0.1:${port}`));
    const { port1, port2 } = new MessageChannel();
    serve(port1, directServices(other.serve));
    // An endpoint that leads nowhere: nothing may take the wire.
    const asked = clients('http://127.0.0.1:1');
    for (const client of Object.values(asked)) directClients({ asks: { others: caller(port2) } })(client, TIMEOUT_MS);
    direct = wayOf(other, asked);
    stops.push(
      () => close(server),
      () => port1.close(),
      () => one.engine.stop(),
      () => other.engine.stop(),
    );
  });
  afterAll(() => Promise.all(stops.map((stop) => stop())));

  const sms = ({ sms: client }: Way) =>
    client.send(
      new SendTextMessageCommand({
        DestinationPhoneNumber: '+8613800000001',
        OriginationIdentity: 'pool-0123',
        MessageBody: '你好 👋 "\\',
        MaxPrice: '0.10',
        TimeToLive: 60,
        Context: { message: 'm', profile: 'p' },
      }),
    );
  const email = ({ email: client }: Way) =>
    client.send(
      new SendEmailCommand({
        FromEmailAddress: 'Shop <shop@example.com>',
        Destination: { ToAddresses: ['ann@example.com'] },
        EmailTags: [{ Name: 'message', Value: 'm' }],
        Content: { Simple: { Subject: { Data: 'Zürich' }, Body: { Html: { Data: '<b>你好</b>' } } } },
      }),
    );
  const push = ({ push: client }: Way) =>
    client.send(
      new SendMessagesCommand({
        ApplicationId: 'app 1',
        MessageRequest: {
          Addresses: { a: { ChannelType: 'GCM' }, b: { ChannelType: 'APNS' } },
          Context: { message: 'm' },
          MessageConfiguration: { GCMMessage: { Title: 'hi', Body: '你好' } },
        },
      }),
    );
  const machine = 'arn:aws:states:us-east-1:000000000000:stateMachine:wait';
  const start = ({ states }: Way) =>
    states.send(new StartExecutionCommand({ stateMachineArn: machine, name: 'one', input: '{"leg":1}' }));
  const faulty = (channel: 'sms' | 'email' | 'push', call: (way: Way) => Promise<object>) =>
    (['error', 'throttle', 'permanent', 'timeout'] as const).flatMap((mode) => [
      async (way: Way) => {
        way.fault(channel, mode);
        return call(way);
      },
      call,
    ]);
  const definition = JSON.stringify({ StartAt: 'wait', States: { wait: { Type: 'Wait', Seconds: 60, End: true } } });

  const cases: Case<Way>[] = [
    ['an SMS', sms],
    ['an SMS that meets faults', ...faulty('sms', sms)],
    ['an SMS without a receiver', ({ sms: client }) => client.send(new SendTextMessageCommand({} as never))],
    ['an e-mail', email],
    ['an e-mail that meets faults', ...faulty('email', email)],
    ['a push message', push],
    ['a push message that meets faults', ...faulty('push', push)],
    [
      'executions',
      start,
      ({ states }) =>
        states.send(new CreateStateMachineCommand({ name: 'wait', definition, roleArn: 'arn:aws:iam::0:role/r' })),
      ({ states }) => states.send(new DescribeStateMachineCommand({ stateMachineArn: machine })),
      start,
      start,
      ({ states }) => states.send(new ListExecutionsCommand({ stateMachineArn: machine })),
      ({ states }) =>
        states.send(
          new StopExecutionCommand({ executionArn: machine.replace('stateMachine', 'execution').concat(':one') }),
        ),
      ({ states }) => states.send(new SendTaskSuccessCommand({ taskToken: 'no', output: '{}' })),
      ({ states }) =>
        states.send(new CreateStateMachineCommand({ name: 'bad', definition: '{', roleArn: 'arn:aws:iam::0:role/r' })),
    ],
  ];

  it.each(cases)('is answered alike by both ways: %s', async (_name, ...calls) => {
    // Only the words of a timeout differ.
    const said = (answer: object) => ('code' in answer ? { ...answer, message: undefined } : answer);
    for (const call of calls) expect(said(await seen(call(direct)))).toEqual(said(await seen(call(wired))));
    expect(direct.sent()).toEqual(wired.sent());
  });
});
