/** Tag of the journeys' machines; its value is the deployment's prefix. Only what bears it is removed with the stack. */
export const MACHINE_TAG = 'cairn';
