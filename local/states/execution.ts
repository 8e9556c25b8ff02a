export interface Execution {
  arn: string;
  machine: string;
  name: string;
  input: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  /** The state that it is in. */
  state: string;
  data: unknown;
  enteredAt: number;
  retries: number;
  /** `ready` has something to do now; `until` rests; `token` rests until its token or `until`. */
  phase: 'ready' | 'running' | 'until' | 'token';
  until?: number;
  token?: string;
  transitions: number;
  startedAt: number;
  endedAt?: number;
}
/** What is remembered of an execution once it has ended. */
export type EndedExecution = Pick<Execution, 'arn' | 'machine' | 'name' | 'status' | 'startedAt' | 'endedAt'>;

export const arnOf = (kind: 'stateMachine' | 'execution', name: string): string =>
  `arn:aws:states:us-east-1:000000000000:${kind}:${name}`;
