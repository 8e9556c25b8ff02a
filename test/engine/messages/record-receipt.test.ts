import { expect, it } from 'vitest';
import { messageStore } from '../../../adapters/dynamo/messages.ts';
import { MESSAGE_EVENTS } from '../../../core/events/system-events.ts';
import type { Message } from '../../../core/messages/message.ts';
import { cellCounts } from '../../../core/metrics/cells.ts';
import type { MetricEvent } from '../../../core/metrics/metric-event.ts';
import { factsOf } from '../../../core/metrics/recount.ts';
import type { Draft } from '../../../engine/messages/ports.ts';
import { recordClientFeedback } from '../../../engine/messages/record-receipt.ts';
import { MemoryTables } from '../../protocols/memory.ts';

const NOW = Date.parse('2026-11-02T01:00:00Z');
const source = { kind: 'api', id: 'ann' } as const;
const template = { id: 't', version: 1 };
const draft = {
  ...{ id: 'm', profile: 'p', channel: 'push', template, topic: undefined, source, at: NOW, links: undefined },
  request: { message: 'm', profile: 'p', template, source, at: NOW },
} as Draft;

/** An app's reports about one message, which all read its row before any writes it. */
async function reported(
  ...names: ('opened' | 'clicked')[]
): Promise<{ row: Message | undefined; published: MetricEvent[] }> {
  const messages = messageStore(new MemoryTables().client, 'table');
  await messages.take(draft, 'one', NOW, NOW + 1);
  await messages.sent('m', 'one', NOW, 'push', 'provider');
  const published: MetricEvent[] = [];
  const read = await messages.get('m');
  const deps = {
    messages: { ...messages, get: async () => read },
    metricEvents: { publish: async (events: MetricEvent[]) => void published.push(...events) },
    clock: () => NOW,
  } as unknown as Parameters<typeof recordClientFeedback>[0];
  for (const name of names) {
    const event = { id: name, name: MESSAGE_EVENTS[name].name, at: NOW, properties: { messageId: 'm' } };
    await recordClientFeedback(deps, event as never, 'p');
  }
  return { row: await messages.get('m'), published };
}

/** Of a counter, how often reports count it by these facts. */
const counted = (facts: readonly MetricEvent[], counter: string): number =>
  facts.flatMap(cellCounts).reduce((sum, [name, by]) => sum + (name === counter ? by : 0), 0);

it.each([[['opened', 'clicked'] as const], [['clicked', 'opened'] as const]])(
  'counts a message as opened once, where %j come at the same time',
  async (names) => {
    const { row, published } = await reported(...names);
    expect([counted(published, 'opened'), counted(published, 'clicked')]).toEqual([1, 1]);
    expect(row && counted(factsOf(row), 'opened')).toBe(1);
  },
);
