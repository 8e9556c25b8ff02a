import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Json } from '../template.ts';

/** What a provider was handed. `api.md` section 6. */
export interface OutboxItem {
  at: string;
  channel: 'email' | 'sms' | 'push';
  to: string | string[];
  profileId?: string;
  messageId: string;
  template?: string;
  source?: string;
  subject?: string;
  title?: string;
  body?: string;
  text?: string;
  html?: string;
  headers?: Record<string, string>;
  provider: string;
}

export const FAULT_MODES = ['error', 'throttle', 'timeout', 'permanent'] as const;
export type FaultMode = (typeof FAULT_MODES)[number];
export type ProviderName = OutboxItem['channel'];

/** An HTTP answer of a stand-in; `hang`: none ever comes. */
export type ProviderAnswer = { status: number; body: Json; headers?: Record<string, string> } | 'hang';

export interface Outbox {
  items: OutboxItem[];
  /** The next requests to that provider fail so; 0 ends it. */
  fault(provider: ProviderName, mode: FaultMode, times: number): void;
  /** The fault that this request meets, counted down. */
  meets(provider: ProviderName): FaultMode | undefined;
  add(item: OutboxItem): void;
  reset(): void;
}

/** `file`: where what was handed over is kept, a line an item; absent: in memory only. */
export function startOutbox(file?: string): Outbox {
  const faults = new Map<ProviderName, { mode: FaultMode; times: number }>();
  const items = file === undefined || !existsSync(file) ? [] : readLines(file);
  return {
    items,
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
      items.push(item);
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(item)}\n`);
    },
    reset() {
      items.length = 0;
      faults.clear();
      if (file !== undefined) rmSync(file, { force: true });
    },
  };
}

/** A line that a kill has cut short is taken out. @throws Error where the file is broken */
function readLines(file: string): OutboxItem[] {
  const text = readFileSync(file, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) writeFileSync(file, whole);
  const lines = whole.split('\n').slice(0, -1);
  try {
    return lines.map((line) => JSON.parse(line) as OutboxItem);
  } catch {
    throw new Error(`${file} is broken: it does not hold JSON; remove its folder to begin anew`);
  }
}
