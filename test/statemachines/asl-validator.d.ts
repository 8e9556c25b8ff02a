/** The package ships no types. It writes into the definition that it is given. */
declare module 'asl-validator' {
  export default function validate(definition: object): { isValid: boolean; errors: { message: string }[] };
}
