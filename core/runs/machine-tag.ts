/** Tag of the journeys' state machines; its value is the deployment's prefix. Only machines with this tag are deleted with the stack. */
export const MACHINE_TAG = 'cairn';
