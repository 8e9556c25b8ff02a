import type { LiveJourney } from '../../core/catalog/snapshot.ts';
import { executionNameOf } from '../../core/ids.ts';
import { compileMachine, type StateMachineDefinition } from '../../statemachines/compile.ts';
import type { SimulatedCloud } from '../../statemachines/simulate/cloud.ts';
import type { Executions } from '../runs/ports.ts';

export const ADVANCE_RUN_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:simulated-advance-run';
export const REGISTER_TASK_TOKEN_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:simulated-register-task-token';

/** Executions of the journey's compiled machine. */
export function simulatedExecutions(cloud: SimulatedCloud, { id, version, definition }: LiveJourney): Executions {
  const machines = new Map<'first' | 'resume', StateMachineDefinition>();

  function machineOf(variant: 'first' | 'resume'): StateMachineDefinition {
    const known = machines.get(variant);
    if (known !== undefined) return known;
    const arns = { advanceRunArn: ADVANCE_RUN_ARN, registerTaskTokenArn: REGISTER_TASK_TOKEN_ARN };
    const machine = compileMachine(definition, { id, version, variant, ...arns });
    machines.set(variant, machine);
    return machine;
  }

  return {
    async start(_machine, state) {
      cloud.start(machineOf(state.leg > 1 ? 'resume' : 'first'), executionNameOf(state.entry, state.leg), state);
      return true;
    },
    stop: async (_machine, entry, leg) => cloud.stop(executionNameOf(entry, leg)),
    resolve: async (token) => cloud.resolve(token),
  };
}
