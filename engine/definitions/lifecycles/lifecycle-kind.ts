import type { Definitions } from '../../../core/catalog/definitions.ts';
import type { DefinitionKind } from '../../../core/catalog/kind.ts';
import type { Issue, Kind, Reference } from '../../../core/definitions/definition.ts';
import type { Pausable } from '../../../core/definitions/pins.ts';
import type { Job } from '../../../core/jobs/job.ts';

/** Who resumes, how fast, and by which call. */
export interface ResumeTerms {
  by: string;
  perMinute: number;
  cause: string;
}

/** Checks and pins of one kind of definition at its submission. */
export interface Submittable<K extends Kind, Deps> {
  kind: DefinitionKind<K>;
  /** As sentences name one of them. */
  noun: string;
  /** `submit`: what cannot work, and what is doubtful. */
  check(deps: Deps, id: string, definition: Definitions[K]): Promise<{ errors: Issue[]; warnings: Issue[] }>;
  /** `submit`: definitions whose newest version is pinned. */
  pinnedBy(definition: Definitions[K]): (Reference & { kind: 'templates' | 'journeys' })[];
}

/** Additional work of the lifecycle's verbs for one kind of definition. Each call may be repeated. */
export interface LifecycleKind<K extends Kind, Deps, CheckDeps = NoInfer<Deps>> extends Submittable<K, CheckDeps> {
  /** How its pause stands in the pointer. */
  pauseOf(id: string): Pausable;
  /** `publish`, before anything is live: what version `n` runs on. */
  prepare(deps: Deps, id: string, n: number, definition: Definitions[K]): Promise<void>;
  /** `publish`, once it is live: who is let in at once. */
  admit(deps: Deps, id: string, by: string): Promise<void>;
  /** `resume`: the job that lets go what rested. */
  release(deps: Deps, id: string, terms: ResumeTerms): Promise<Job>;
  /** `archive`: the job that ends what is under way of the versions up to this one. */
  end(deps: Deps, id: string, upTo: number, by: string): Promise<Job>;
}
