/** `print` of some properties; the `.id` always among them, or a row without any of them would be no row. Queries without their `?`. */
export function print(menu: string, properties: readonly string[], ...queries: readonly string[]): string[] {
  return [`${menu}/print`, `=.proplist=${['.id', ...properties].join(',')}`, ...queries.map((query) => `?${query}`)]
}

/** A command that changes something. What is undefined or empty is left out: an empty value is ambiguous to RouterOS. */
export function order(path: string, attributes: Readonly<Record<string, string | undefined>>): string[] {
  const given = Object.entries(attributes).filter(([, value]) => value !== undefined && value !== '')
  return [path, ...given.map(([name, value]) => `=${name}=${value}`)]
}
