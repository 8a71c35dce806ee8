/** A stylesheet or script written over several lines, sent as one: every line must be complete in itself. */
export function oneLine(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return String.raw({ raw: parts.raw }, ...values).replace(/\n\s*/g, '')
}
