import { byChannel, type Channel } from '../../core/channels/registry.ts';
import type { EventsMessage } from '../../core/events/event.ts';
import { type ReleaseDeferred, ReleaseDeferredSchema } from '../../core/messages/channel-opening.ts';
import { type SendRequest, SendRequestSchema } from '../../core/messages/send-request.ts';
import {
  type EnrolmentMessage,
  EnrolmentMessageSchema,
  type StopExecutionMessage,
  StopExecutionMessageSchema,
} from '../../core/runs/run.ts';
import { type WebhookRequest, WebhookRequestSchema } from '../../core/webhooks/webhook.ts';
import type { SimulatedCloud } from '../../statemachines/simulate/cloud.ts';
import type { Outgoing, Queue } from '../ports.ts';

/** Functions that messages of queues call. */
export interface Consumers {
  processEvents(message: EventsMessage): Promise<void>;
  startRun(message: EnrolmentMessage): Promise<void>;
  stopExecution(message: StopExecutionMessage): Promise<void>;
  callWebhook(request: WebhookRequest): Promise<void>;
  releaseDeferred(message: ReleaseDeferred): Promise<void>;
  sendMessage(channel: Channel, request: SendRequest): Promise<void>;
}

/** Queues of a simulation: each message is processed on the virtual clock. */
export function simulatedQueues(cloud: SimulatedCloud, consumers: Consumers) {
  const queue = (consume: (body: unknown) => Promise<void>): Queue => ({
    async send(sent: Outgoing[]) {
      for (const { body, delaySeconds } of sent) cloud.queue(() => consume(body), delaySeconds);
    },
  });
  const sender = (channel: Channel) => queue((body) => consumers.sendMessage(channel, SendRequestSchema.parse(body)));
  return {
    // `eventOut` has written this body.
    events: queue((body) => consumers.processEvents(body as EventsMessage)),
    enrolments: queue((body) => consumers.startRun(EnrolmentMessageSchema.parse(body))),
    stopExecutions: queue((body) => consumers.stopExecution(StopExecutionMessageSchema.parse(body))),
    webhooks: queue((body) => consumers.callWebhook(WebhookRequestSchema.parse(body))),
    jobs: queue((body) => consumers.releaseDeferred(ReleaseDeferredSchema.parse(body))),
    senders: byChannel(sender),
  };
}
