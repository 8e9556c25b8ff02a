import { ListExecutionsCommand, ListStateMachinesCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { EpochMs } from '../../../core/ids.ts';

const LOST = ['FAILED', 'TIMED_OUT', 'ABORTED'] as const;
const PAGE = 1_000;

export type LostExecutions = ReturnType<typeof lostExecutions>;

/** ARNs of the machines whose names begin so. */
export async function* machineArns(client: SFNClient, prefix: string): AsyncGenerator<string> {
  let nextToken: string | undefined;
  do {
    const page = await client.send(new ListStateMachinesCommand({ maxResults: PAGE, nextToken }));
    for (const { name, stateMachineArn } of page.stateMachines ?? [])
      if (name?.startsWith(prefix) && stateMachineArn !== undefined) yield stateMachineArn;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}

/** Executions of these machines that have ended since, and not by themselves. Three calls a machine, and one for every further thousand; some Regions take two a second. */
export function lostExecutions(client: SFNClient, prefix: string) {
  return async function* (since: EpochMs): AsyncGenerator<{ name: string; status: string }> {
    for await (const stateMachineArn of machineArns(client, prefix)) {
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
