import * as z from 'zod';
import type { EpochMs } from '../ids.ts';
import type { Message } from '../messages/message.ts';

/** Body of a message on `facts`: something happened to a message or to a run; `measure` counts it. */
export const FactSchema = z.object({
  /** Of two facts with one id, the first counts: the queue delivers at least once, and replays tell again. */
  id: z.string(),
  at: z.number(),
  /** Counters that it adds to: `journey:<id>`, `journey:<id>:<node>`, `channel:sms`, `template:<id>`. */
  scopes: z.array(z.string()),
  /** What is counted: `sent`, `suppressed:daily-cap`, `entered`, `outcome:ordered` … */
  name: z.string(),
});
export type Fact = z.infer<typeof FactSchema>;

type Told = { body: Fact };

export const runEnteredFact = (run: { entry: string; journey: string; at: EpochMs }): Told => ({
  body: { id: `${run.entry}:entered`, at: run.at, scopes: [`journey:${run.journey}`], name: 'entered' },
});

/** A run ends once, by whichever way its item was closed. */
export const runEndedFact = (run: { entry: string; journey: string }, outcome: string, at: EpochMs): Told => ({
  body: { id: `${run.entry}:ended`, at, scopes: [`journey:${run.journey}`], name: `outcome:${outcome}` },
});

export const entryRefusedFact = (journey: string, event: { id: string; at: EpochMs }, reason: string): Told => ({
  body: {
    id: `${journey}:${event.id}:refused`,
    at: event.at,
    scopes: [`journey:${journey}`],
    name: `refused:${reason}`,
  },
});

type Counted = Pick<Message, 'id' | 'source' | 'channel' | 'template'>;

export const messageFact = (message: Counted, name: string, at: EpochMs): Told => ({
  body: { id: `${message.id}:${name}`, at, scopes: scopesOf(message), name },
});

function scopesOf({ source, channel, template }: Counted): string[] {
  const own = source.kind === 'journey' ? [`journey:${source.id}`, `journey:${source.id}:${source.node}`] : [];
  return [...own, ...(channel === undefined ? [] : [`channel:${channel}`]), `template:${template.id}`];
}
