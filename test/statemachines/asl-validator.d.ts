/** The package ships no types. It modifies the definition that it gets. */
declare module 'asl-validator' {
  export default function validate(definition: object): { isValid: boolean; errors: { message: string }[] };
}
