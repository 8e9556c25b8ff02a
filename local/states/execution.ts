export interface Execution {
  arn: string;
  machine: string;
  name: string;
  input: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  /** The present state. */
  state: string;
  data: unknown;
  enteredAt: number;
  retries: number;
  /** `ready`: has work now. `until`: rests. `token`: rests until its token or `until`. */
  phase: 'ready' | 'running' | 'until' | 'token';
  until?: number;
  token?: string;
  transitions: number;
  startedAt: number;
  endedAt?: number;
}
/** Fields of an execution that are kept once it has ended. */
export type EndedExecution = Pick<Execution, 'arn' | 'machine' | 'name' | 'status' | 'startedAt' | 'endedAt'>;

export const arnOf = (kind: 'stateMachine' | 'execution', name: string): string =>
  `arn:aws:states:us-east-1:000000000000:${kind}:${name}`;
