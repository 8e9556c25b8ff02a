import { ListExecutionsCommand, ListStateMachinesCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { EpochMs } from '../../core/ids.ts';
import type { LostExecutions } from '../../engine/runs/ports.ts';

const LOST = ['FAILED', 'TIMED_OUT', 'ABORTED'] as const;
const PAGE = 1_000;

/** ARNs of the state machines whose names start with `prefix`. */
export async function* machineArns(client: SFNClient, prefix: string): AsyncGenerator<string> {
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListStateMachinesCommand({ maxResults: PAGE, nextToken }));
    for (const { name, stateMachineArn } of page.stateMachines ?? [])
      if (name?.startsWith(prefix) && stateMachineArn !== undefined) yield stateMachineArn;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

/**
 * Executions of these machines that have ended since, other than by success. This takes three calls per machine, and one for every further thousand
 * executions; some Regions allow two calls a second. It starts with a random machine (`random`: 0 to below 1): if time is too short for all, no
 * machine is last every night.
 */
export function lostExecutions(client: SFNClient, prefix: string, random: () => number): LostExecutions {
  return async function* (since: EpochMs): AsyncGenerator<{ name: string; status: string }> {
    const arns: string[] = [];
    for await (const arn of machineArns(client, prefix)) arns.push(arn);
    const first = Math.floor(random() * arns.length);
    for (const stateMachineArn of [...arns.slice(first), ...arns.slice(0, first)]) {
      for (const statusFilter of LOST) {
        let nextToken: string | undefined;
        do {
          const page = await client.send(
            new ListExecutionsCommand({ stateMachineArn, statusFilter, maxResults: PAGE, nextToken }),
          );
          for (const { name, stopDate } of page.executions ?? [])
            if (name !== undefined && (stopDate?.getTime() ?? since) >= since) yield { name, status: statusFilter };
          nextToken = page.nextToken;
        } while (nextToken !== undefined);
      }
    }
  };
}
