import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Channel } from '../../core/channels/registry.ts';
import { watched } from '../data-folder.ts';
import type { Json } from '../template.ts';

/** A message as a provider received it. `docs/local.md#control-calls`. */
export interface OutboxItem {
  at: string;
  channel: Channel;
  to: string | string[];
  profileId?: string;
  messageId: string;
  template?: string;
  source?: string;
  from?: string;
  replyTo?: string;
  subject?: string;
  title?: string;
  body?: string;
  text?: string;
  html?: string;
  maxPrice?: string;
  timeToLive?: number;
  headers?: Record<string, string>;
  provider: string;
}

/** The provider takes the message, and then: never answers, answers too late, closes the connection, answers what nobody can read, or a 5xx without a name. */
const AFTER_ACCEPTANCE = ['timeout', 'late', 'reset', 'garbage', 'lost'] as const;
/** `partial`: push reaches the first token, fails for good with the second, for now with the others; other channels take the message. */
export const FAULT_MODES = ['error', 'throttle', 'permanent', 'partial', ...AFTER_ACCEPTANCE] as const;
export type FaultMode = (typeof FAULT_MODES)[number];
/** `s3` keeps no messages, but its requests fail by the same modes. */
export type ProviderName = Channel | 's3';

interface Response {
  status: number;
  body: Json | string;
  headers?: Record<string, string>;
  /** After this time. */
  afterMs?: number;
}
/** Response of an emulator; `body`: a text is JSON already, or meant to be none. `hang`: no response ever comes; `reset`: the connection is closed. */
export type ProviderAnswer = Response | 'hang' | 'reset';

/** Longer than the senders wait (5 s). */
const LATE_MS = 6_000;

/** Returns the answer of a provider that has taken the message. */
export function answerOf(mode: FaultMode | undefined, accepted: Response): ProviderAnswer {
  if (mode === 'timeout') return 'hang';
  if (mode === 'reset') return 'reset';
  if (mode === 'late') return { ...accepted, afterMs: LATE_MS };
  if (mode === 'garbage') return { status: 200, body: '<html>accepted</html>' };
  return mode === 'lost' ? { status: 502, body: '<html>Bad Gateway</html>' } : accepted;
}

/** A request to one of the services, however it came. */
export interface ServiceRequest {
  /** As `AWSStepFunctions.StartExecution`; empty where the path says it. */
  target: string;
  path: string;
  text: string;
}

/** An AWS service that sends messages, as the embedded cloud serves it. */
export interface EmulatedProvider {
  /** Whether this request is one to send a message. */
  serves(request: Omit<ServiceRequest, 'text'>): boolean;
  send(outbox: Outbox, input: Json, now: string): ProviderAnswer;
}

export interface Outbox {
  /** Oldest first; beyond `MAX_ITEMS` or `MAX_CHARACTERS` the oldest are dropped. */
  items: readonly OutboxItem[];
  /** Returns the id of a message that a provider accepts: never the same twice, whatever is still in `items`. */
  newId(provider: string): string;
  /** Makes the next requests to that provider fail like this; 0 ends it. */
  fault(provider: ProviderName, mode: FaultMode, times: number): void;
  /** Returns the fault of this request, and counts it down. */
  meets(provider: ProviderName): FaultMode | undefined;
  add(item: OutboxItem): void;
  reset(): void;
}

const MAX_ITEMS = 50_000;
/** Most characters of the items' JSON, since some e-mails are long. */
const MAX_CHARACTERS = 32 * 1024 * 1024;

/** `file`: stores the items, one per line; absent: in memory only. `onBroken`: the file can no longer be written. */
export function startOutbox(file?: string, onBroken: (error: Error) => void = () => undefined): Outbox {
  const faults = new Map<ProviderName, { mode: FaultMode; times: number }>();
  const items: OutboxItem[] = [];
  /** JSON length of each item, parallel to `items`. */
  const lengths: number[] = [];
  let characters = 0;
  const lines = watched(file === undefined ? noLines : linesIn(file), onBroken);
  for (const line of lines.read()) take(line);
  trim();

  function take(line: Line): void {
    items.push(line.item);
    lengths.push(line.length);
    characters += line.length;
  }
  /** Drops a tenth at once, because the file is rewritten each time. */
  function trim(): void {
    if (items.length <= MAX_ITEMS && characters <= MAX_CHARACTERS) return;
    let dropped = 0;
    while (items.length - dropped > MAX_ITEMS * 0.9 || characters > MAX_CHARACTERS * 0.9) {
      characters -= lengths[dropped] ?? 0;
      dropped += 1;
    }
    items.splice(0, dropped);
    lengths.splice(0, dropped);
    lines.replace(items);
  }

  return {
    items,
    newId: (provider) => `${provider}-${randomUUID()}`,
    fault: (provider, mode, times) => {
      if (times > 0) faults.set(provider, { mode, times });
      else faults.delete(provider);
    },
    meets(provider) {
      const fault = faults.get(provider);
      if (fault === undefined) return undefined;
      fault.times -= 1;
      if (fault.times <= 0) faults.delete(provider);
      return fault.mode;
    },
    add(item) {
      const line = JSON.stringify(item);
      lines.append(line);
      take({ item, length: line.length });
      trim();
    },
    reset() {
      items.length = 0;
      lengths.length = 0;
      characters = 0;
      faults.clear();
      lines.replace([]);
    },
  };
}

type Line = { item: OutboxItem; length: number };
const noLines = { read: (): Line[] => [], append(_line: string) {}, replace(_items: OutboxItem[]) {} };

const linesIn = (file: string): typeof noLines => ({
  read: () => (existsSync(file) ? readLines(file) : []),
  append: (line) => appendFileSync(file, `${line}\n`),
  replace(items) {
    if (items.length === 0) return rmSync(file, { force: true });
    writeFileSync(`${file}.new`, items.map((item) => `${JSON.stringify(item)}\n`).join(''));
    renameSync(`${file}.new`, file);
  },
});

/** Drops a line that a kill has cut off. @throws Error if the file is broken */
function readLines(file: string): Line[] {
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) writeFileSync(file, whole);
  const lines = whole.split('\n').slice(0, -1);
  try {
    return lines.map((line) => ({ item: JSON.parse(line) as OutboxItem, length: line.length }));
  } catch {
    throw new Error(`${file} is broken: it does not hold JSON; remove its folder to begin anew`);
  }
}
