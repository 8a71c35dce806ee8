/**
 * A broken promise: something we rely on did not hold. `code` is stable and kebab-case, for programs and documentation;
 * `message` is a sentence for the operator and never holds a secret.
 */
export class MlangoError extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'MlangoError'
    this.code = code
  }
}

/** What was thrown, as an Error, whatever it was. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
