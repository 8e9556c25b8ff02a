import type { Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import type { EpochMs } from '../../core/ids.ts';
import type { Freshness } from '../../engine/definitions/ports.ts';
import type { Invocation } from './faults.ts';
import { definitionIn, type Rules, template } from './rules.ts';
import type { SimulationState } from './simulation-state.ts';

type Live = Pick<Rules, 'snapshot' | 'pointer'>;

/** `POINTER_MAX_AGE_MS` in AWS. */
export const POINTER_AGE_MS = 5_000;
const INSTANCES = 4;

/** Instances of functions, each of which may have read the pointer to the live rules some seconds ago. */
export class SimulatedInstances {
  /** Earlier live rules and pauses with the instants until which they were live, newest first. */
  private readonly superseded: (Live & { until: EpochMs })[] = [];
  /** When each instance has read the pointer. One that reads it anew has the live rules and pauses from then on. */
  private readonly instances = Array.from({ length: INSTANCES }, () => ({ readAt: 0 }));
  private readonly instanceOf = new WeakMap<Invocation, { readAt: EpochMs }>();
  private readonly state: SimulationState;

  constructor(state: SimulationState) {
    this.state = state;
  }

  /** Instances that have read the pointer before have the earlier rules and pauses for seconds. */
  goLive(snapshot: Snapshot, pauses: Partial<Pointer> = this.state.rules.pointer): void {
    const { rules } = this.state;
    this.superseded.unshift({ snapshot: rules.snapshot, pointer: rules.pointer, until: this.state.now });
    for (const journey of Object.keys(snapshot.archived))
      if (!Object.hasOwn(rules.snapshot.archived, journey)) this.state.archivedAt.set(journey, this.state.now);
    rules.snapshot = snapshot;
    rules.pointer = { ...rules.pointer, ...pauses };
    if (this.state.faultRates.redeliver === 0) return;
    for (const instance of this.instances)
      instance.readAt = Math.max(instance.readAt, this.state.now - Math.floor(this.state.random() * POINTER_AGE_MS));
  }

  /** The catalog is read only: its versions and its snapshot are given. Each invocation is of an instance, which may have read the pointer before. */
  catalog(invocation: Invocation) {
    const { rules } = this.state;
    const instance = this.instanceOf.get(invocation) ?? this.drawInstance();
    this.instanceOf.set(invocation, instance);
    return {
      snapshot: async ({ version = 0, since = 0 }: Freshness = {}) => {
        if (this.state.now - instance.readAt >= POINTER_AGE_MS || instance.readAt < since)
          instance.readAt = this.state.now;
        const live = this.superseded.findLast(({ until }) => until > instance.readAt);
        if (live !== undefined && live.snapshot.version >= version)
          return { snapshot: live.snapshot, pointer: live.pointer };
        instance.readAt = this.state.now;
        return { snapshot: rules.snapshot, pointer: rules.pointer };
      },
      // Versions of journeys, campaigns or templates, depending on the kind.
      version: async (kind: string, id: string, n: number) => versionIn(rules, kind, id, n) as never,
      // No template of a history has blocks.
      content: async () => [],
    };
  }

  /** Only matters if rules or pauses change, and only then are random numbers drawn for it. */
  private drawInstance(): { readAt: EpochMs } {
    if (this.superseded.length === 0 || this.state.faultRates.redeliver === 0) return { readAt: this.state.now };
    return this.instances[Math.floor(this.state.random() * this.instances.length)] ?? { readAt: this.state.now };
  }
}

function versionIn(rules: Rules, kind: string, id: string, n: number) {
  if (kind === 'templates') return rules.templates?.[id] ?? template(id);
  if (kind === 'campaigns') return rules.campaigns?.[id];
  const definition = kind === 'journeys' ? definitionIn(rules.journeys, id, n) : undefined;
  return definition && { definition, pins: rules.journeys[id]?.pins };
}
